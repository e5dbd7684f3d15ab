import CDICOM
import FMBase

/// A file read by GDCM.
final class DICOMFile: ReadableFile {
  private let file: OpaquePointer

  /// Reads a part of an open file.
  /// - Throws: `badData` if it is not a readable DICOM file.
  init(_ descriptor: Int32, start: Int, size: Int, withPixels: Bool) throws(FedMedError) {
    var message = [CChar](repeating: 0, count: Int(DICOM_MESSAGE_SIZE))
    guard
      let file = dicom_open(descriptor, Int64(start), Int64(size), withPixels ? 1 : 0, &message)
    else { throw FedMedError(library: message) }
    self.file = file
  }

  deinit { dicom_close(file) }

  func elements(frame: Int?) throws(FedMedError) -> [UInt8] {
    var records = DICOMElements.Records()
    records.add("", Array(String(cString: dicom_transfer_syntax(file)).utf8))
    var message = [CChar](repeating: 0, count: Int(DICOM_MESSAGE_SIZE))
    let status = withUnsafeMutablePointer(to: &records) { records in
      dicom_visit(
        file, frame ?? -1,
        { context, place, value, length in
          guard let context, let place else { return }
          context.assumingMemoryBound(to: DICOMElements.Records.self).pointee.add(
            String(cString: place), Array(UnsafeBufferPointer(start: value, count: length)))
        }, records, &message)
    }
    guard status == 0 else { throw FedMedError(library: message) }
    return records.bytes
  }

  func frame(
    _ index: Int, capacity: Int
  ) throws(FedMedError) -> (pixels: [UInt8], samples: DecodedSamples) {
    var pixels = [UInt8](repeating: 0, count: capacity)
    var samples = dicom_samples()
    var message = [CChar](repeating: 0, count: Int(DICOM_MESSAGE_SIZE))
    let count = dicom_frame(file, index, &pixels, capacity, &samples, &message)
    guard count >= 0 else { throw FedMedError(library: message) }
    pixels.removeLast(capacity - count)
    let colors = withUnsafeBytes(of: samples.colors) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    return (
      pixels,
      DecodedSamples(
        isPlanar: samples.is_planar != 0, bits: Int(samples.bits_allocated), colors: colors)
    )
  }
}
