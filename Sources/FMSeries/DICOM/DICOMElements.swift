import FMBase

/// The standard elements of a DICOM file's header, without pixels.
package struct DICOMElements: Sendable {
  /// Elements by their tag, for example `00280010`, or in a sequence `52009229[0].00289145[0].00281052`.
  private let values: [String: [UInt8]]

  /// A tag, as eight hexadecimal digits.
  package enum Tag: String {
    case mediaClass = "00020002"
    case classUID = "00080016"
    case instanceUID = "00080018"
    case accession = "00080050"
    case modality = "00080060"
    case patientID = "00100020"
    case patientIssuer = "00100021"
    case detectorSpacing = "00181164"
    case scanSpacing = "00182010"
    case studyUID = "0020000D"
    case seriesUID = "0020000E"
    case seriesNumber = "00200011"
    case instanceNumber = "00200013"
    case position = "00200032"
    case orientation = "00200037"
    case samples = "00280002"
    case colors = "00280004"
    case frames = "00280008"
    case rows = "00280010"
    case columns = "00280011"
    case spacing = "00280030"
    case aspectRatio = "00280034"
    case bitsAllocated = "00280100"
    case bitsStored = "00280101"
    case highBit = "00280102"
    case representation = "00280103"
    case padding = "00280120"
    case paddingLimit = "00280121"
    case annotation = "00280301"
    case windowCenter = "00281050"
    case windowWidth = "00281051"
    case intercept = "00281052"
    case slope = "00281053"
    case windowFunction = "00281056"
    case redDescriptor = "00281101"
    case greenDescriptor = "00281102"
    case blueDescriptor = "00281103"
    case red = "00281201"
    case green = "00281202"
    case blue = "00281203"
    case modalityTable = "00283000"
    case tableDescriptor = "00283002"
    case tableData = "00283006"
    case windowTable = "00283010"
  }

  /// A functional group of an enhanced object, which holds elements of each frame or of all frames.
  package enum Group: String {
    case position = "00209113"
    case orientation = "00209116"
    case measures = "00289110"
    case window = "00289132"
    case transformation = "00289145"
  }

  /// The bytes from which elements are read: for each its place and value, preceded by their lengths in
  /// two and four bytes.
  struct Records {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ place: String, _ value: [UInt8]) {
      let (name, length) = (Array(place.utf8), value.count)
      bytes += [UInt8(truncatingIfNeeded: name.count), UInt8(truncatingIfNeeded: name.count >> 8)]
      bytes += name
      bytes += (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
      bytes += value
    }
  }

  /// Reads elements.
  /// - Throws: `badData` if a record is truncated.
  init(records bytes: [UInt8]) throws(FedMedError) {
    var values: [String: [UInt8]] = [:]
    var offset = 0
    func take(_ count: Int) throws(FedMedError) -> ArraySlice<UInt8> {
      guard count <= bytes.count - offset else {
        throw FedMedError(.badData, "truncated header")
      }
      defer { offset += count }
      return bytes[offset..<offset + count]
    }
    func length(_ count: Int) throws(FedMedError) -> Int {
      try take(count).reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    while offset < bytes.count {
      let place = String(decoding: try take(length(2)), as: UTF8.self)
      values[place] = Array(try take(length(4)))
    }
    self.values = values
  }

  /// The UID of the transfer syntax; `nifti` for a volume that has none.
  var syntax: String { String(decoding: values[""] ?? [], as: UTF8.self) }
  /// The syntax of NIfTI volumes.
  static let volumeSyntax = "nifti"

  /// The bytes of an element; `nil` if it is missing.
  func bytes(_ tag: Tag, in prefix: String = "") -> [UInt8]? { values[prefix + tag.rawValue] }

  /// The text of an element, without spaces and zero bytes around it; `nil` if it is missing or empty.
  func text(_ tag: Tag, in prefix: String = "") -> String? {
    guard let bytes = bytes(tag, in: prefix) else { return nil }
    let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0 }
    let text = bytes.drop(while: isBlank).reversed().drop(while: isBlank).reversed()
    guard !text.isEmpty else { return nil }
    // Old character sets: one character per byte keeps different identifiers different.
    return String(validating: Array(text), as: UTF8.self)
      ?? String(String.UnicodeScalarView(text.map { Unicode.Scalar($0) }))
  }

  /// The numbers of an element that is a text; empty if it is missing or not numeric.
  func decimals(_ tag: Tag, in prefix: String = "") -> [Double] {
    let parts = text(tag, in: prefix)?.split(separator: "\\", omittingEmptySubsequences: false)
    let numbers = parts?.map { Double($0.filter { $0 != " " && $0 != "\0" }) } ?? []
    return numbers.allSatisfy { $0?.isFinite == true } ? numbers.compactMap { $0 } : []
  }

  /// An element that is an integer in text; `nil` if it is missing or not an integer.
  func integer(_ tag: Tag) -> Int? {
    decimals(tag).first.flatMap { Int(exactly: $0) }
  }

  /// The 16-bit words of an element; empty if it is missing.
  func words(_ tag: Tag, in prefix: String = "") -> [Int] {
    guard let bytes = bytes(tag, in: prefix) else { return [] }
    return stride(from: 0, to: bytes.count - 1, by: 2).map {
      Int(bytes[$0]) | Int(bytes[$0 + 1]) << 8
    }
  }

  /// The first 16-bit word of an element; `nil` if it is missing.
  func word(_ tag: Tag) -> Int? { words(tag).first }

  /// The prefix of the elements of a frame: those of its functional group, of the group of all frames,
  /// or of the whole object, whichever has the tag first.
  func prefix(of tag: Tag, in group: Group, frame: Int) -> String {
    let places = ["52009230[\(frame)].", "52009229[0]."].map { "\($0)\(group.rawValue)[0]." }
    return places.first { values[$0 + tag.rawValue] != nil } ?? ""
  }
}
