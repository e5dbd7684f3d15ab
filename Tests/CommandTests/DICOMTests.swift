import FMSeries
import FedMed
import Foundation
import Testing

/// What frames of DICOM files show. The decoder is the built fm-extract.
struct DICOMTests {
  let shell: Shell
  let pool: DecoderPool

  init() throws {
    shell = try Shell()
    pool = DecoderPool(program: Bundle.main.bundleURL.appendingPathComponent("fm-extract").path)
  }

  private func image(_ file: DICOMFile, frame: Int = 0) throws -> FrameImage {
    try shell.write("x.dcm", file.bytes)
    return try image("x.dcm", frame: frame)
  }

  private func image(_ name: String, frame: Int = 0) throws -> FrameImage {
    let path = shell.folder.appendingPathComponent(name).path
    return try FrameImage(pool.frame(frame, of: .path(path)), index: frame)
  }

  private func close(_ a: [Double], _ b: [Double]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < 1e-12 }
  }

  private let window: [DICOMFile.Element] = [
    .text(0x0028_1050, "DS", "40"), .text(0x0028_1051, "DS", "80"),
  ]
  private let rescaling: [DICOMFile.Element] = [
    .text(0x0028_1052, "DS", "-1000"), .text(0x0028_1053, "DS", "2"),
  ]

  /// The values of PS3.3 C.11.2.1, after rescaling to −1000 + 2 v.
  @Test func appliesRescalingAndWindows() throws {
    var file = DICOMFile(columns: 3, values: [500, 510, 520, 530, 540, 0])
    for element in window + rescaling { file.set(element) }
    // 0, 20, 40, 60, 80 and −1000 Hounsfield units.
    let linear = [0, 20, 40, 60, 80].map { min(max(($0 - 39.5) / 79 + 0.5, 0), 1) } + [0]
    #expect(close(try image(file).brightness(.header), linear))
    let exact = file.with(.text(0x0028_1056, "CS", "LINEAR_EXACT"))
    #expect(close(try image(exact).brightness(.header), [0, 0.25, 0.5, 0.75, 1, 0]))
    let curve = file.with(.text(0x0028_1056, "CS", "SIGMOID"))
    let sigmoid = [0, 20, 40, 60, 80, -1000.0].map { 1 / (1 + exp(-4 * ($0 - 40) / 80)) }
    #expect(close(try image(curve).brightness(.header), sigmoid))
    #expect(
      close(try image(file).brightness(.full), [1000, 1020, 1040, 1060, 1080, 0].map { $0 / 1080 }))
    let own = GrayRange.window(GrayWindow(center: 30, width: 40))
    #expect(close(try image(file).brightness(own), [0, 0.25, 0.75, 1, 1, 0]))
    let unknown = file.with(.text(0x0028_1056, "CS", "CUBIC"))
    #expect(throws: FedMedError.self) { try image(unknown).brightness(.header) }
    // Three windows are three channels.
    let channels = try image(file).raster([own, .full, .header]).pixels
    #expect(
      channels[3...5].map { Int($0) } == [
        64, Int((1020.0 / 1080 * 255).rounded()), Int((linear[1] * 255).rounded()),
      ])
  }

  @Test func readsSignedValuesInvertsAndBlanksPadding() throws {
    let signed = DICOMFile(columns: 2, values: [-100, 0, 100, -2000], bits: 12, isSigned: true)
    #expect(close(try image(signed).brightness(.full), [1900, 2000, 2100, 0].map { $0 / 2100 }))
    let padded = signed.with(.words(0x0028_0120, -2000, type: "SS"))
    #expect(close(try image(padded).brightness(.full), [0, 0.5, 1, 0]))
    // A range of padding, from the value to the limit.
    let wide = padded.with(.words(0x0028_0121, -50, type: "SS"))
    #expect(close(try image(wide).brightness(.full), [0, 0, 1, 0]))
    let inverted = padded.with(.text(0x0028_0004, "CS", "MONOCHROME1"))
    #expect(close(try image(inverted).brightness(.full), [1, 0.5, 0, 0]))
    // Bits above the stored ones hold an overlay in old files.
    let overlay = DICOMFile(columns: 2, values: [0xF000, 0x0FFF, 0x8000, 0x0FFF], bits: 12)
    #expect(close(try image(overlay).brightness(.full), [0, 1, 0, 1]))
  }

  @Test func appliesTables() throws {
    let file = DICOMFile(columns: 3, values: [0, 10, 11, 12, 13, 4000])
    let voi = file.with(
      .sequence(
        0x0028_3010, [.words(0x0028_3002, 3, 10, 10), .words(0x0028_3006, 0, 512, 1023)]))
    #expect(close(try image(voi).brightness(.header), [0, 0, 512 / 1023.0, 1, 1, 1]))
    let modality = file.with(
      .sequence(
        0x0028_3000, [.words(0x0028_3002, 3, 10, 16), .words(0x0028_3006, 7, 2000, 1000)]))
    #expect(
      close(
        try image(modality).brightness(.full), [0, 0, 1, 993 / 1993.0, 993 / 1993.0, 993 / 1993.0]))
  }

  @Test func readsColors() throws {
    let colors: [UInt8] = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120]
    #expect(
      try image(DICOMFile(columns: 2, rows: 2, values: colors, colors: "RGB")).colors() == colors)
    let planes = (0..<3).flatMap { c in (0..<4).map { colors[3 * $0 + c] } }
    let planar = DICOMFile(columns: 2, rows: 2, values: planes, colors: "RGB", isPlanar: true)
    #expect(try image(planar).colors() == colors)
    // Pure red in YBR_FULL is 76, 85, 255.
    let red: [UInt8] = [76, 85, 255]
    #expect(
      try image(DICOMFile(columns: 1, rows: 1, values: red, colors: "YBR_FULL")).colors()
        == [254, 0, 0])
    let halved = DICOMFile(columns: 2, rows: 1, values: [76, 0, 85, 255], colors: "YBR_FULL_422")
    #expect(try image(halved).colors()[..<3] == [254, 0, 0])
    var palette = DICOMFile(
      columns: 2, rows: 1, samples: 1, values: [0, 2], colors: "PALETTE COLOR")
    for c in 0..<3 {
      palette.set(
        .words(0x0028_1101 + UInt32(c), 2, 0, 16),
        Element(tag: 0x0028_1201 + UInt32(c), type: "OW", value: DICOMFile.bytes([256 * c, 65280])))
    }
    #expect(try image(palette).colors() == [0, 1, 2, 255, 255, 255])
    let unknown = DICOMFile(columns: 2, rows: 2, values: colors, colors: "HSV")
    #expect(throws: FedMedError.self) { try image(unknown).colors() }
  }

  private typealias Element = DICOMFile.Element

  @Test func stretchesPixelsThatAreNotSquare() throws {
    let file = DICOMFile(columns: 4, values: (0..<16).map { $0 * 100 })
    func size(_ element: DICOMFile.Element) throws -> [Int] {
      let raster = try image(file.with(element)).raster([.full])
      return [raster.width, raster.height]
    }
    #expect(try size(.text(0x0028_0030, "DS", "0.5\\0.5")) == [4, 4])
    #expect(try size(.text(0x0028_0030, "DS", "1.0\\0.5")) == [4, 8])
    #expect(try size(.text(0x0018_1164, "DS", "0.5\\1.0")) == [8, 4])
    #expect(try size(.text(0x0028_0034, "IS", "3\\2")) == [4, 6])
    #expect(try size(.text(0x0028_0030, "DS", "0\\0.5")) == [4, 4])
    #expect(throws: FedMedError.self) { try size(.text(0x0028_0034, "IS", "900000\\1")) }
  }

  /// dcmtk and GDCM convert one file to every transfer syntax without loss.
  @Test func readsEveryTransferSyntax() throws {
    var random = RandomStream(seed: 1, purpose: .partition)
    var values: [Int] = []
    for place in 0..<64 * 48 { values.append(place % 64 * 20 - 500 + Int(random.normal() * 30)) }
    let file = DICOMFile(columns: 64, values: values, isSigned: true)
    try shell.write("gray.dcm", file.bytes)
    let colors = (0..<64 * 48 * 3).map { UInt8(truncatingIfNeeded: $0 * 7 / 5) }
    try shell.write(
      "rgb.dcm", DICOMFile(columns: 64, rows: 48, values: colors, colors: "RGB").bytes)
    try shell.succeed(
      """
      for f in gray rgb; do
        dcmconv +tb $f.dcm $f.big.dcm; dcmconv +ti $f.dcm $f.implicit.dcm; dcmconv +td $f.dcm $f.deflated.dcm
        dcmcrle $f.dcm $f.rle.dcm; dcmcjpls $f.dcm $f.jls.dcm; gdcmconv --j2k $f.dcm $f.j2k.dcm
        gdcmconv --jpeg $f.dcm $f.lossless.dcm
      done
      """)
    let gray = try image("gray.dcm").brightness(.full)
    for syntax in ["big", "implicit", "deflated", "rle", "jls", "j2k", "lossless"] {
      #expect(try image("gray.\(syntax).dcm").brightness(.full) == gray, "\(syntax)")
      #expect(try image("rgb.\(syntax).dcm").colors() == colors, "\(syntax)")
    }
    // Lossy ones are close on a smooth image.
    let smooth = (0..<64 * 48).map { $0 % 64 * 20 + $0 / 64 * 10 }
    try shell.write("smooth.dcm", DICOMFile(columns: 64, values: smooth, bits: 12).bytes)
    try shell.succeed(
      "dcmcjpeg +ee smooth.dcm extended.dcm; dcmcjpeg +eb rgb.dcm baseline.dcm; gdcmconv --lossy --j2k -r 5 smooth.dcm lossy.dcm"
    )
    let whole = try image("smooth.dcm").brightness(.full)
    for name in ["extended.dcm", "lossy.dcm"] {
      let worst = zip(try image(name).brightness(.full), whole).map { abs($0 - $1) }.max() ?? 1
      #expect(worst < 0.02, "\(name)")
    }
    #expect(try image("baseline.dcm").colors().count == colors.count)
  }

  /// Frames have their own rescaling and window, or share them.
  @Test func readsEnhancedObjects() throws {
    let rescaling = { (intercept: String) in
      Element.sequence(
        0x0028_9145,
        [.text(0x0028_1052, "DS", intercept), .text(0x0028_1053, "DS", "1")])
    }
    let shared = Element.sequence(
      0x0028_9132, [.text(0x0028_1050, "DS", "50.5"), .text(0x0028_1051, "DS", "101")])
    let file = DICOMFile(.enhanced, columns: 2, values: [0, 50, 100, 50], frames: 2).with(
      .sequence(0x5200_9229, [shared]),
      .sequence(0x5200_9230, [rescaling("0")], [rescaling("-50")]))
    #expect(close(try image(file).brightness(.header), [0, 0.5]))
    #expect(close(try image(file, frame: 1).brightness(.header), [0.5, 0]))
    #expect(throws: FedMedError.self) { try image(file, frame: 2) }
    // Compressed frames are found by the table of offsets, or without one.
    try shell.succeed("dcmcrle x.dcm rle.dcm; dcmcjpls x.dcm jls.dcm; dcmcjpls -ot x.dcm bare.dcm")
    #expect(close(try image("rle.dcm", frame: 1).brightness(.header), [0.5, 0]))
    #expect(close(try image("jls.dcm", frame: 1).brightness(.header), [0.5, 0]))
    #expect(close(try image("bare.dcm", frame: 1).brightness(.header), [0.5, 0]))
  }

  @Test func refusesContradictoryHeaders() throws {
    let file = DICOMFile(columns: 2, values: [0, 50, 100, 50])
    for (element, reason) in [
      (Element.words(0x0028_0010, 4), "truncated pixel data"),
      (.words(0x0028_0011, 0), "0 × 2 pixels"), (.words(0x0028_0100, 32), "32 bits per sample"),
      (.words(0x0028_0101, 17), "17 bits up to bit 15"), (.words(0x0028_0102, 3), "up to bit 3"),
      (.words(0x0028_0002, 2), "2 samples per pixel"),
    ] {
      let error = #expect(throws: FedMedError.self) { try image(file.with(element)) }
      #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
    }
  }

  /// A decoder that crashes costs a file, not the extraction.
  @Test func survivesADecoderThatCrashes() throws {
    let crashing = DecoderPool(program: "/bin/false")
    let error = #expect(throws: FedMedError.self) { try crashing.header(.path("x")) }
    #expect(error?.reason.contains("crashed") == true)
    let missing = DecoderPool(program: "/nowhere")
    #expect(throws: FedMedError.self) { try missing.header(.path("x")) }
  }
}
