import FMBase
import FMEncoder

/// How the pixels of an object are described by its header (PS3.3 C.7.6.3).
package struct PixelLayout: Equatable, Sendable {
  package let rows: Int
  package let columns: Int
  /// The number of samples per pixel: 1 or 3.
  let samples: Int
  /// The number of frames.
  package let frames: Int
  /// The number of bits of a sample that count, at most 16.
  let bitsStored: Int
  /// The place of the lowest of them.
  let shift: Int
  let isSigned: Bool
  /// Whether samples are 32-bit floats, as those of NIfTI volumes.
  let isFloat: Bool
  /// The photometric interpretation.
  package let colors: String

  private static let mostFrames = 1 << 16

  /// Checks that a file can hold the frames: uncompressed ones as they are, others with eight bytes each.
  /// - Throws: `badData` if it is too small.
  func check(size: Int, _ elements: DICOMElements) throws(FedMedError) {
    guard !isFloat else { return }
    let uncompressed = ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"]
    let bits = elements.word(.bitsAllocated) ?? 8
    var frame = 8
    if uncompressed.contains(elements.syntax) {
      let perPixel = colors == "YBR_FULL_422" ? 2 : samples
      frame = rows * columns * perPixel * bits / 8
    }
    guard elements.syntax == "1.2.840.10008.1.2.1.99" || frames * frame <= size else {
      throw FedMedError(.badData, "\(size) bytes, too few for \(frames) frames")
    }
  }

  /// Reads the description.
  /// - Throws: `badData` if it is missing, contradictory or not supported.
  package init(_ elements: DICOMElements) throws(FedMedError) {
    func fault(_ reason: String) -> FedMedError { FedMedError(.badData, reason) }
    guard let rows = elements.word(.rows), let columns = elements.word(.columns) else {
      throw fault("no image")
    }
    (self.rows, self.columns) = (rows, columns)
    samples = elements.word(.samples) ?? 1
    frames = max(elements.integer(.frames) ?? 1, 1)
    guard frames <= Self.mostFrames else {
      throw fault("\(frames) frames, at most \(Self.mostFrames)")
    }
    colors = elements.text(.colors) ?? ""
    isFloat = elements.syntax == DICOMElements.volumeSyntax
    let allocated = isFloat ? 16 : elements.word(.bitsAllocated) ?? 0
    bitsStored = elements.word(.bitsStored) ?? allocated
    let highBit = elements.word(.highBit) ?? bitsStored - 1
    isSigned = elements.word(.representation) == 1
    guard allocated == 8 || allocated == 16 else {
      throw fault("\(allocated) bits per sample, expected 8 or 16")
    }
    guard (1...allocated).contains(bitsStored), (bitsStored - 1..<allocated).contains(highBit)
    else { throw fault("\(bitsStored) bits up to bit \(highBit), of \(allocated)") }
    shift = highBit + 1 - bitsStored
    guard samples == 1 || samples == 3 else {
      throw fault("\(samples) samples per pixel, expected 1 or 3")
    }
    try ImageDecoder.checkSize(
      width: columns, height: rows, samples: samples, bytes: isFloat ? 4 : allocated / 8)
  }

  /// The greatest size of a decoded frame in bytes; decompression may widen samples to 16 bits.
  var largestFrame: Int { rows * columns * samples * (isFloat ? 4 : 2) }

  /// The range of stored values.
  var range: ClosedRange<Int> {
    isSigned
      ? -(1 << (bitsStored - 1))...(1 << (bitsStored - 1)) - 1 : 0...(1 << bitsStored) - 1
  }

  /// Reads the samples of a frame that are floats.
  /// - Throws: `badData` if the number of bytes is wrong.
  func floats(_ bytes: [UInt8]) throws(FedMedError) -> [Float] {
    guard bytes.count == largestFrame else {
      throw FedMedError(.badData, "\(bytes.count) bytes of voxels, expected \(largestFrame)")
    }
    return bytes.withUnsafeBytes { bytes in
      (0..<rows * columns).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    }
  }

  /// Reads the samples of a frame: the stored values, in pixels or in planes as they are stored.
  /// - Throws: `badData` if the number of bytes is wrong.
  func values(
    _ bytes: [UInt8], bits: Int, count: Int
  ) throws(FedMedError) -> [Int32] {
    guard bits == 8 || bits == 16 else {
      throw FedMedError(.badData, "\(bits) bits per decoded sample, expected 8 or 16")
    }
    guard bytes.count >= count * bits / 8 else {
      throw FedMedError(.badData, "\(bytes.count) bytes of pixels, expected \(count * bits / 8)")
    }
    let mask = UInt32((1 << bitsStored) - 1)
    // Moves the sign to the highest bit and back.
    let unused = Int32(32 - bitsStored)
    return (0..<count).map { index in
      let word =
        bits == 8
        ? UInt32(bytes[index]) : UInt32(bytes[2 * index]) | UInt32(bytes[2 * index + 1]) << 8
      let stored = Int32(bitPattern: (word >> UInt32(shift)) & mask)
      return isSigned ? (stored << unused) >> unused : stored
    }
  }
}
