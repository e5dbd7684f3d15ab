import FMBase
import FMEncoder
import Glibc

/// The image that a frame shows.
package struct FrameImage {
  private let elements: DICOMElements
  private let layout: PixelLayout
  private let frame: Int
  private let samples: DecodedSamples
  /// The stored values [height, width], or of three colors [height, width, 3] or [3, height, width].
  private let values: [Int32]
  /// The values, if they are floats [height, width].
  private let reals: [Float]

  /// Reads a decoded frame.
  /// - Throws: `badData` if it does not fit its header.
  package init(_ decoded: DecoderPool.Frame, index: Int) throws(FedMedError) {
    elements = decoded.elements
    samples = decoded.samples
    frame = index
    layout = try PixelLayout(elements)
    guard !layout.isFloat else {
      (values, reals) = ([], try layout.floats(decoded.pixels))
      return
    }
    reals = []
    let pixels = layout.rows * layout.columns
    // For two pixels: two brightnesses and one of each color difference.
    let isSubsampled = samples.colors == "YBR_FULL_422" && decoded.pixels.count < 3 * pixels
    guard !isSubsampled || layout.columns % 2 == 0 else {
      throw FedMedError(.badData, "an odd number of columns in YBR_FULL_422")
    }
    let stored = try layout.values(
      decoded.pixels, bits: samples.bits, count: isSubsampled ? 2 * pixels : pixels * layout.samples
    )
    values = isSubsampled ? Self.fullSampling(stored) : stored
  }

  /// The number of rows.
  package var rows: Int { layout.rows }
  /// The number of columns.
  package var columns: Int { layout.columns }

  /// Whether it has a single gray value per pixel.
  package var isGray: Bool { layout.samples == 1 && samples.colors.hasPrefix("MONOCHROME") }

  /// The image: gray values shown by the ranges, one for gray or three for red, green and blue; colors
  /// as they are. Pixels that are not square are stretched to squares.
  /// - Precondition: there are one or three ranges.
  /// - Throws: `badData` if its colors or tables are not supported.
  package func raster(_ ranges: [GrayRange]) throws(FedMedError) -> Raster {
    let pixels: [UInt8]
    if layout.isFloat {
      pixels = Self.interleaved(
        try ranges.map { range throws(FedMedError) in
          try brightness(range).map(GrayRange.byte)
        })
    } else if isGray {
      let used = used
      pixels = shown(
        try ranges.map { range throws(FedMedError) in try table(range, used).bytes })
    } else {
      pixels = try colors()
    }
    return try square(Raster(width: layout.columns, height: layout.rows, pixels: pixels))
  }

  /// The brightness of each pixel of a gray image, 0 to 1.
  package func brightness(_ range: GrayRange) throws(FedMedError) -> [Double] {
    if layout.isFloat {
      let show = try range.brightness(
        elements, frame: frame, darkest: Double(reals.min() ?? 0),
        brightest: Double(reals.max() ?? 0), isSigned: true)
      return reals.map { show(Double($0)) }
    }
    let table = try table(range, used)
    return values.map { table.brightness[Int($0) - table.first] }
  }

  private func table(
    _ range: GrayRange, _ used: ClosedRange<Int>?
  ) throws(FedMedError) -> GrayTable {
    try GrayTable(elements, layout, frame: frame, range: range, used: used)
  }

  /// The range of the stored values, without padding; `nil` if there are none.
  private var used: ClosedRange<Int>? {
    let padding = Padding(elements, layout)?.values
    var (least, most) = (Int.max, Int.min)
    for value in values {
      let value = Int(value)
      if let padding, padding.contains(value) { continue }
      (least, most) = (min(least, value), max(most, value))
    }
    return least <= most ? least...most : nil
  }

  // MARK: - Colors

  /// Red, green and blue of each pixel, in 8 bits.
  /// - Throws: `badData` if the colors are not supported.
  package func colors() throws(FedMedError) -> [UInt8] {
    let count = layout.rows * layout.columns
    if samples.colors == "PALETTE COLOR" { return try paletteColors() }
    guard layout.samples == 3, !layout.isSigned else {
      throw FedMedError(.badData, "unsupported colors '\(printable(samples.colors))'")
    }
    // Keep the upper 8 bits.
    let excess = Int32(max(layout.bitsStored - 8, 0))
    var pixels = [UInt8](repeating: 0, count: 3 * count)
    for index in 0..<count {
      for c in 0..<3 {
        let place = samples.isPlanar ? c * count + index : 3 * index + c
        pixels[3 * index + c] = UInt8(truncatingIfNeeded: values[place] >> excess)
      }
    }
    switch samples.colors {
    case "RGB", "YBR_RCT", "YBR_ICT": return pixels  // decompression undoes the last two
    case "YBR_FULL", "YBR_FULL_422":
      for index in 0..<count { Self.convert(&pixels, at: 3 * index) }
      return pixels
    default: throw FedMedError(.badData, "unsupported colors '\(printable(samples.colors))'")
    }
  }

  /// YBR_FULL to RGB (PS3.3 C.7.6.3.1.2).
  private static func convert(_ pixels: inout [UInt8], at place: Int) {
    let (y, b) = (Double(pixels[place]), Double(pixels[place + 1]) - 128)
    let r = Double(pixels[place + 2]) - 128
    let colors = [
      y + 1.402 * r, y - 0.114 * 1.772 / 0.587 * b - 0.299 * 1.402 / 0.587 * r, y + 1.772 * b,
    ]
    for c in 0..<3 {
      pixels[place + c] = UInt8(min(max((colors[c] + 0.5).rounded(.down), 0), 255))
    }
  }

  /// Repeats each color difference for two pixels: Y Y B R to Y B R Y B R.
  private static func fullSampling(_ values: [Int32]) -> [Int32] {
    var full: [Int32] = []
    full.reserveCapacity(values.count / 2 * 3)
    for place in stride(from: 0, to: values.count, by: 4) {
      let (b, r) = (values[place + 2], values[place + 3])
      full += [values[place], b, r, values[place + 1], b, r]
    }
    return full
  }

  private func paletteColors() throws(FedMedError) -> [UInt8] {
    let palette: [(DICOMElements.Tag, DICOMElements.Tag)] = [
      (.redDescriptor, .red), (.greenDescriptor, .green), (.blueDescriptor, .blue),
    ]
    var tables: [[UInt8]] = []
    for (descriptor, data) in palette {
      guard
        let table = LookupTable(
          elements, in: "", descriptor: descriptor, data: data, isSigned: layout.isSigned)
      else { throw FedMedError(.badData, "missing or unsupported palette") }
      // Keep the upper 8 of 16 bits.
      tables.append(
        layout.range.map {
          UInt8(truncatingIfNeeded: table.value($0) >> (table.largest > 255 ? 8 : 0))
        })
    }
    return shown(tables)
  }

  /// Red, green and blue of each pixel by tables of the stored values: one for all colors, or three.
  private func shown(_ tables: [[UInt8]]) -> [UInt8] {
    let first = Int32(layout.range.lowerBound)
    return Self.interleaved(tables.map { table in values.map { table[Int($0 - first)] } })
  }

  /// Red, green and blue of each pixel from planes: one for all colors, or three.
  private static func interleaved(_ planes: [[UInt8]]) -> [UInt8] {
    var pixels = [UInt8](repeating: 0, count: 3 * planes[0].count)
    for c in 0..<3 {
      for (index, value) in planes[c % planes.count].enumerated() { pixels[3 * index + c] = value }
    }
    return pixels
  }

  // MARK: - Proportions

  /// The height of a pixel divided by its width.
  private var proportion: Double {
    let prefix = elements.prefix(of: .spacing, in: .measures, frame: frame)
    let sources: [[Double]] = [
      elements.decimals(.spacing, in: prefix), elements.decimals(.detectorSpacing),
      elements.decimals(.scanSpacing), elements.decimals(.aspectRatio),
    ]
    guard let sides = sources.first(where: { $0.count == 2 && $0[0] > 0 && $0[1] > 0 }) else {
      return 1
    }
    return sides[0] / sides[1]
  }

  /// Stretches the shorter side of pixels that are not square.
  private func square(_ image: Raster) throws(FedMedError) -> Raster {
    let ratio = proportion
    let width = (Double(image.width) * max(1 / ratio, 1)).rounded()
    let height = (Double(image.height) * max(ratio, 1)).rounded()
    guard max(width, height) <= Double(UInt16.max) else {
      throw FedMedError(.badData, "pixels with sides in the ratio \(ratio)")
    }
    guard Int(width) != image.width || Int(height) != image.height else { return image }
    try ImageDecoder.checkSize(width: Int(width), height: Int(height), samples: 3)
    return Resampling.bilinear.resize(image, width: Int(width), height: Int(height))
  }
}
