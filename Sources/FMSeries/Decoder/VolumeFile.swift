import CNIfTI
import FMBase

/// A NIfTI volume read by niftilib, whose axial slices are frames. Its header is described by the elements
/// that a DICOM file would have.
final class VolumeFile: ReadableFile {
  private let file: OpaquePointer
  private let shape: volume_shape

  /// The most bytes that a header may need: a compressed one is shorter.
  static let headSize = 1 << 16

  /// Reads a volume from the beginning of an open file.
  /// - Throws: `badData` if it is not a readable volume.
  init(_ descriptor: Int32, withVoxels: Bool) throws(FedMedError) {
    var message = [CChar](repeating: 0, count: Int(VOLUME_MESSAGE_SIZE))
    var shape = volume_shape()
    guard let file = volume_open(descriptor, withVoxels ? 1 : 0, &shape, &message)
    else { throw FedMedError(library: message) }
    (self.file, self.shape) = (file, shape)
  }

  deinit { volume_close(file) }

  func elements(frame: Int?) throws(FedMedError) -> [UInt8] {
    var records = DICOMElements.Records()
    func word(_ tag: DICOMElements.Tag, _ value: Int64) {
      records.add(tag.rawValue, [UInt8(value & 255), UInt8(value >> 8 & 255)])
    }
    func text(_ tag: DICOMElements.Tag, _ text: String) {
      records.add(tag.rawValue, Array(text.utf8))
    }
    records.add("", Array(DICOMElements.volumeSyntax.utf8))
    word(.rows, shape.rows)
    word(.columns, shape.columns)
    text(.colors, "MONOCHROME2")
    text(.frames, "\(shape.slices)")
    text(.spacing, "\(shape.row_spacing)\\\(shape.column_spacing)")
    if shape.brightest > shape.darkest {
      text(.windowCenter, "\((shape.darkest + shape.brightest) / 2)")
      text(.windowWidth, "\(shape.brightest - shape.darkest)")
      text(.windowFunction, "LINEAR_EXACT")
    }
    return records.bytes
  }

  func frame(
    _ index: Int, capacity: Int
  ) throws(FedMedError) -> (pixels: [UInt8], samples: DecodedSamples) {
    guard (0..<Int(shape.slices)).contains(index) else {
      throw FedMedError(.badData, "no such slice")
    }
    var values = [Float](repeating: 0, count: Int(shape.rows * shape.columns))
    volume_slice(file, Int64(index), &values)
    return (
      values.withUnsafeBytes { Array($0) },
      DecodedSamples(isPlanar: false, bits: 32, colors: "MONOCHROME2")
    )
  }
}
