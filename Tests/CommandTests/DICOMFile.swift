/// A DICOM file made by tests, in little endian with explicit types.
struct DICOMFile {
  /// An element, or a sequence of items.
  struct Element {
    let tag: UInt32
    let type: String
    let value: [UInt8]

    /// A text, padded to an even length.
    static func text(_ tag: UInt32, _ type: String, _ text: String) -> Element {
      let padding: UInt8 = type == "UI" ? 0 : 32
      return Element(
        tag: tag, type: type,
        value: Array(text.utf8) + (text.utf8.count % 2 == 1 ? [padding] : []))
    }

    /// Unsigned or signed 16-bit words.
    static func words(_ tag: UInt32, _ words: Int..., type: String = "US") -> Element {
      Element(tag: tag, type: type, value: DICOMFile.bytes(words))
    }

    static func sequence(_ tag: UInt32, _ items: [Element]...) -> Element {
      let bytes = items.flatMap { item in
        let content = item.flatMap(\.bytes)
        return DICOMFile.tag(0xFFFE_E000) + DICOMFile.long(content.count) + content
      }
      return Element(tag: tag, type: "SQ", value: bytes)
    }

    fileprivate var bytes: [UInt8] {
      let head = DICOMFile.tag(tag) + Array(type.utf8)
      if ["OB", "OW", "SQ", "UN", "UT"].contains(type) {
        return head + [0, 0] + DICOMFile.long(value.count) + value
      }
      return head + [UInt8(value.count & 255), UInt8(value.count >> 8)] + value
    }
  }

  private(set) var elements: [UInt32: Element] = [:]

  /// The identifiers of an image.
  struct Identity {
    var patient = "PATIENT-0001"
    var name = "Doe^Jonathan"
    var study = "1.2.840.99.1001"
    var series = "1.2.840.99.2001"
    var instance = "1.2.840.99.3001"
    var accession = "ACC-70001"
    var number = 1
  }

  /// The classes of objects.
  enum Kind: String {
    case computed = "1.2.840.10008.5.1.4.1.1.2"
    case enhanced = "1.2.840.10008.5.1.4.1.1.2.1"
    case capture = "1.2.840.10008.5.1.4.1.1.7"
    case report = "1.2.840.10008.5.1.4.1.1.88.11"
    case key = "1.2.840.10008.5.1.4.1.1.88.59"
    case document = "1.2.840.10008.5.1.4.1.1.104.1"
  }

  /// Creates an object without an image.
  init(_ kind: Kind, _ identity: Identity = Identity()) {
    set(
      .text(0x0008_0016, "UI", kind.rawValue), .text(0x0008_0018, "UI", identity.instance),
      .text(0x0008_0020, "DA", "19870615"), .text(0x0008_0050, "SH", identity.accession),
      .text(0x0008_0060, "CS", "CT"), .text(0x0008_0090, "PN", "Referring^Physician"),
      .text(0x0010_0010, "PN", identity.name), .text(0x0010_0020, "LO", identity.patient),
      .text(0x0010_0030, "DA", "19520229"), .text(0x0020_000D, "UI", identity.study),
      .text(0x0020_000E, "UI", identity.series), .text(0x0020_0011, "IS", "1"),
      .text(0x0020_0013, "IS", "\(identity.number)"))
  }

  /// Creates a gray image of 16-bit values.
  /// - Parameter values: the values [frames, rows, columns].
  init(
    _ kind: Kind = .computed, _ identity: Identity = Identity(), columns: Int, values: [Int],
    frames: Int = 1, bits: Int = 16, isSigned: Bool = false, colors: String = "MONOCHROME2"
  ) {
    self.init(kind, identity)
    set(
      .words(0x0028_0002, 1), .text(0x0028_0004, "CS", colors),
      .words(0x0028_0010, values.count / columns / frames), .words(0x0028_0011, columns),
      .words(0x0028_0100, 16), .words(0x0028_0101, bits), .words(0x0028_0102, bits - 1),
      .words(0x0028_0103, isSigned ? 1 : 0),
      Element(tag: 0x7FE0_0010, type: "OW", value: Self.bytes(values)))
    if frames > 1 { set(.text(0x0028_0008, "IS", "\(frames)")) }
  }

  /// Creates a color image.
  /// - Parameter values: the samples of its pixels, in 8 bits.
  init(
    columns: Int, rows: Int, samples: Int = 3, values: [UInt8], colors: String,
    isPlanar: Bool = false
  ) {
    self.init(.capture, Identity())
    set(
      .words(0x0028_0002, samples), .text(0x0028_0004, "CS", colors),
      .words(0x0028_0010, rows), .words(0x0028_0011, columns), .words(0x0028_0100, 8),
      .words(0x0028_0101, 8), .words(0x0028_0102, 7), .words(0x0028_0103, 0),
      Element(
        tag: 0x7FE0_0010, type: "OB", value: values + (values.count % 2 == 1 ? [0] : [])))
    if samples > 1 { set(.words(0x0028_0006, isPlanar ? 1 : 0)) }
  }

  /// Adds or replaces elements.
  mutating func set(_ new: Element...) {
    for element in new { elements[element.tag] = element }
  }

  /// The file with additional elements.
  func with(_ new: Element...) -> DICOMFile {
    var file = self
    for element in new { file.set(element) }
    return file
  }

  /// The file's bytes.
  var bytes: [UInt8] {
    let meta: [Element] = [
      Element(tag: 0x0002_0001, type: "OB", value: [0, 1]),
      .text(0x0002_0002, "UI", text(0x0008_0016)), .text(0x0002_0003, "UI", text(0x0008_0018)),
      .text(0x0002_0010, "UI", "1.2.840.10008.1.2.1"), .text(0x0002_0012, "UI", "1.2.3.4"),
    ]
    let group = meta.flatMap(\.bytes)
    let length = Element(tag: 0x0002_0000, type: "UL", value: Self.long(group.count))
    return [UInt8](repeating: 0, count: 128) + Array("DICM".utf8) + length.bytes + group
      + elements.values.sorted { $0.tag < $1.tag }.flatMap(\.bytes)
  }

  private func text(_ tag: UInt32) -> String {
    String(decoding: (elements[tag]?.value ?? []).filter { $0 != 0 }, as: UTF8.self)
  }

  static func bytes(_ words: [Int]) -> [UInt8] {
    words.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
  }

  private static func tag(_ tag: UInt32) -> [UInt8] {
    bytes([Int(tag >> 16), Int(tag & 0xFFFF)])
  }

  private static func long(_ value: Int) -> [UInt8] { bytes([value & 0xFFFF, value >> 16]) }
}
