import CTIFF
import FMArchive
import FMBase
import FMNumerics

/// TIFF decoding by libtiff; only the first image of a file is read. Gray and color images with 8
/// or 16 bits are used as stored, without transparency; libtiff converts all others.
enum TIFFDecoder {
  /// Whether the bytes begin like a TIFF or BigTIFF file.
  package static func recognizes(_ bytes: [UInt8]) -> Bool {
    [
      [0x49, 0x49, 0x2A, 0], [0x4D, 0x4D, 0, 0x2A], [0x49, 0x49, 0x2B, 0], [0x4D, 0x4D, 0, 0x2B],
    ]
    .contains { bytes.starts(with: $0) }
  }

  /// The file in memory, as libtiff's callbacks read it.
  private final class Memory {
    let bytes: UnsafeRawBufferPointer
    var offset = 0
    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }
  }

  private static let collectsErrors: Void = tiff_collect_errors()

  /// Decodes an image, and turns it upright.
  /// - Throws: `badData` with libtiff's message if it cannot be read, or if it is too large.
  package static func decode(_ bytes: [UInt8], windows: [GrayWindow]) throws(FedMedError) -> Raster
  {
    collectsErrors
    return try bytes.withUnsafeBytes { bytes in
      Result { () throws(FedMedError) in
        let memory = Memory(bytes)
        return try withExtendedLifetime(memory) {
          Result { () throws(FedMedError) in try decode(memory, windows) }
        }.get()
      }
    }.get()
  }

  private static func fault() -> FedMedError {
    var message = [CChar](repeating: 0, count: 256)
    let text = String(cString: tiff_take_message(&message, message.count))
    let reason = text.isEmpty ? "not a readable TIFF" : printable(text.lowercased())
    return FedMedError(.badData, reason.hasSuffix(".") ? String(reason.dropLast()) : reason)
  }

  private static func decode(
    _ memory: Memory, _ windows: [GrayWindow]
  ) throws(FedMedError) -> Raster {
    let context = Unmanaged.passUnretained(memory).toOpaque()
    let tiff = tiff_open(
      context, tmsize_t(ImageDecoder.largestBytes),
      { context, target, count in
        guard let context, let target else { return -1 }
        let memory = Unmanaged<Memory>.fromOpaque(context).takeUnretainedValue()
        let count = max(min(Int(count), memory.bytes.count - memory.offset), 0)
        guard let start = memory.bytes.baseAddress else { return 0 }
        target.copyMemory(from: start + memory.offset, byteCount: count)
        memory.offset += count
        return tmsize_t(count)
      },
      { _, _, _ in -1 },
      { context, offset, whence in
        guard let context else { return .max }
        let memory = Unmanaged<Memory>.fromOpaque(context).takeUnretainedValue()
        let base = whence == 0 ? 0 : whence == 1 ? memory.offset : memory.bytes.count
        let (place, isOver) = base.addingReportingOverflow(Int(truncatingIfNeeded: offset))
        memory.offset = isOver ? memory.bytes.count : min(max(place, 0), memory.bytes.count)
        return toff_t(memory.offset)
      },
      { _ in 0 },
      { context in
        guard let context else { return 0 }
        return toff_t(Unmanaged<Memory>.fromOpaque(context).takeUnretainedValue().bytes.count)
      })
    guard let tiff else { throw fault() }
    defer { TIFFClose(tiff) }
    let (width, height) = (
      Int(tiff_long(tiff, UInt32(TIFFTAG_IMAGEWIDTH), 0)),
      Int(tiff_long(tiff, UInt32(TIFFTAG_IMAGELENGTH), 0))
    )
    func field(_ tag: Int32, _ fallback: UInt32) -> Int {
      Int(tiff_short(tiff, UInt32(tag), fallback))
    }
    let orientation = field(TIFFTAG_ORIENTATION, 1)
    let image: Raster
    let (bits, samples) = (field(TIFFTAG_BITSPERSAMPLE, 1), field(TIFFTAG_SAMPLESPERPIXEL, 1))
    try ImageDecoder.checkSize(
      width: width, height: height, samples: samples, bytes: (bits + 7) / 8)
    // libtiff allocates memory for a whole strip or tile.
    let piece = TIFFIsTiled(tiff) != 0 ? TIFFTileSize64(tiff) : TIFFStripSize64(tiff)
    guard (1...UInt64(ImageDecoder.largestBytes)).contains(piece) else {
      throw FedMedError(
        .badData,
        "strips or tiles of \(piece) bytes, expected 1 to \(ImageDecoder.largestBytes)")
    }
    let colors = field(TIFFTAG_PHOTOMETRIC, UInt32(PHOTOMETRIC_MINISBLACK))
    let isGray = [PHOTOMETRIC_MINISBLACK, PHOTOMETRIC_MINISWHITE].contains(Int32(colors))
    let isWhole = samples == 1 || field(TIFFTAG_PLANARCONFIG, 1) == Int(PLANARCONFIG_CONTIG)
    let format = field(TIFFTAG_SAMPLEFORMAT, UInt32(SAMPLEFORMAT_UINT))
    let isSigned = format == Int(SAMPLEFORMAT_INT)
    guard format == Int(SAMPLEFORMAT_UINT) || isSigned && bits == 16 && isGray else {
      throw FedMedError(
        .badData,
        "unsupported sample format: expected unsigned integers, or signed 16-bit integers in gray")
    }
    let layout = Layout(width: width, height: height, samples: samples, bytes: bits / 8)
    if isWhole && (bits == 8 || bits == 16)
      && (isGray || colors == Int(PHOTOMETRIC_RGB) && samples >= 3)
    {
      let data = try TIFFIsTiled(tiff) != 0 ? tiles(tiff, layout) : lines(tiff, layout)
      image = layout.raster(
        data, isGray: isGray, isInverted: colors == Int(PHOTOMETRIC_MINISWHITE),
        isSigned: isSigned,
        windows: windows)
    } else {
      image = try converted(tiff, width: width, height: height)
    }
    return Orientation.upright(image, orientation: orientation)
  }

  private static func lines(_ tiff: OpaquePointer, _ layout: Layout) throws(FedMedError) -> [UInt8]
  {
    guard TIFFScanlineSize64(tiff) == UInt64(layout.rowBytes) else { throw fault() }
    var data = [UInt8](repeating: 0, count: layout.rowBytes * layout.height)
    let isRead = data.withUnsafeMutableBytes { data in
      (0..<layout.height).allSatisfy {
        TIFFReadScanline(tiff, data.baseAddress?.advanced(by: $0 * layout.rowBytes), UInt32($0), 0)
          == 1
      }
    }
    guard isRead else { throw fault() }
    return data
  }

  private static func tiles(_ tiff: OpaquePointer, _ layout: Layout) throws(FedMedError) -> [UInt8]
  {
    let (width, height) = (
      Int(tiff_long(tiff, UInt32(TIFFTAG_TILEWIDTH), 0)),
      Int(tiff_long(tiff, UInt32(TIFFTAG_TILELENGTH), 0))
    )
    let pixel = layout.samples * layout.bytes
    guard width > 0, height > 0, TIFFTileSize64(tiff) == UInt64(width * height * pixel) else {
      throw fault()
    }
    var tile = [UInt8](repeating: 0, count: width * height * pixel)
    var data = [UInt8](repeating: 0, count: layout.rowBytes * layout.height)
    for y in stride(from: 0, to: layout.height, by: height) {
      for x in stride(from: 0, to: layout.width, by: width) {
        guard TIFFReadTile(tiff, &tile, UInt32(x), UInt32(y), 0, 0) == tile.count else {
          throw fault()
        }
        let count = min(width, layout.width - x) * pixel
        for row in 0..<min(height, layout.height - y) {
          let target = (y + row) * layout.rowBytes + x * pixel
          data.replaceSubrange(
            target..<target + count, with: tile[row * width * pixel..<row * width * pixel + count])
        }
      }
    }
    return data
  }

  /// Lets libtiff convert palettes, low bit depths, YCbCr, CMYK and separate planes.
  private static func converted(
    _ tiff: OpaquePointer, width: Int, height: Int
  ) throws(FedMedError) -> Raster {
    var packed = [UInt32](repeating: 0, count: width * height)
    // Turn the image afterwards like all others, because libtiff supports only some orientations.
    guard tiff_set_short(tiff, UInt32(TIFFTAG_ORIENTATION), ORIENTATION_TOPLEFT) == 1,
      TIFFReadRGBAImageOriented(
        tiff, UInt32(width), UInt32(height), &packed, ORIENTATION_TOPLEFT, 1) == 1
    else { throw fault() }
    var pixels = [UInt8](repeating: 0, count: packed.count * 3)
    for (index, pixel) in packed.enumerated() {
      for c in 0..<3 { pixels[index * 3 + c] = UInt8(truncatingIfNeeded: pixel >> (8 * UInt32(c))) }
    }
    return Raster(width: width, height: height, pixels: pixels)
  }

  /// Interleaved samples in row-major order, in the processor's byte order.
  private struct Layout {
    let width: Int
    let height: Int
    let samples: Int
    let bytes: Int

    var rowBytes: Int { width * samples * bytes }

    func raster(
      _ data: [UInt8], isGray: Bool, isInverted: Bool, isSigned: Bool, windows: [GrayWindow]
    ) -> Raster {
      /// Returns a sample by the indices of its pixel and within it.
      func value(_ pixel: Int, _ sample: Int) -> Int32 {
        let place = (pixel * samples + sample) * bytes
        if bytes == 1 { return Int32(data[place]) }
        let word = UInt16(data[place]) | UInt16(data[place + 1]) << 8
        return isSigned ? Int32(Int16(bitPattern: word)) : Int32(word)
      }
      let count = width * height
      if isGray && bytes == 2 {
        let sign: Int32 = isInverted ? -1 : 1
        let base: Int32 = isInverted ? (isSigned ? -1 : 65535) : 0
        return WideGray(width: width, height: height) { base + sign * value($0, 0) }
          .raster(windows)
      }
      var pixels = [UInt8](repeating: 0, count: count * 3)
      for pixel in 0..<count {
        for c in 0..<3 {
          let full = value(pixel, isGray ? 0 : c)
          // Keep the upper 8 of 16 bits, as Pillow does.
          let byte = UInt8(truncatingIfNeeded: bytes == 2 ? full >> 8 : full)
          pixels[pixel * 3 + c] = isInverted ? 255 - byte : byte
        }
      }
      return Raster(width: width, height: height, pixels: pixels)
    }
  }
}
