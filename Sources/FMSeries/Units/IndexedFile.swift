import FMBase
import FMEncoder

/// What is known of an image file before it is decoded.
final class IndexedFile: Sendable {
  /// The path relative to the folder or in the tar archive.
  let name: String
  let place: FilePlace
  /// Identifies its content, as ``ImageFile`` does.
  let mark: String
  /// The patient, by ID and issuer; without an ID, the subject in the path, or the study.
  let patient: String
  let study: String
  let series: String
  let accession: String?
  let instance: String?
  /// The code of the modality, such as CT; OT for others.
  let modality: String
  let seriesNumber: Int
  let instanceNumber: Int
  let frames: [FramePosition]
  let mayShowText: Bool

  /// The name in messages.
  var path: String { place.path(named: name) }

  /// The position of a frame in space, in the patient's coordinates in mm; `nil` if it is unknown.
  struct FramePosition: Sendable {
    var corner: SIMD3<Double>?
    /// The direction across the frame, of length 1.
    var normal: SIMD3<Double>?
  }

  /// The kinds of objects that are not images of the patient.
  enum OtherKind: String, CaseIterable, Sendable {
    case document = "encapsulated documents"
    case report = "structured reports"
    case key = "key object selections"
    case presentation = "presentation states"
    case segmentation = "segmentations"
    case plan = "radiotherapy objects"
    case waveform = "waveforms"
    case directory = "directories"
    case other = "other objects"

    /// The prefix of the classes that the standard defines.
    static let storage = "1.2.840.10008.5.1.4.1.1."
    private static let directoryClass = "1.2.840.10008.1.3.10"

    /// The kind of a class of objects; `nil` if it may have images.
    init?(_ classUID: String) {
      guard classUID.hasPrefix(Self.storage) else {
        guard classUID == Self.directoryClass else { return nil }
        self = .directory
        return
      }
      let parts = classUID.dropFirst(Self.storage.count).split(separator: ".")
      switch (parts.first, parts.dropFirst().first) {
      case ("104", _): self = .document
      case ("88", "59"): self = .key
      case ("88", _): self = .report
      case ("11", _): self = .presentation
      case ("66", _), ("30", _), ("67", _): self = .segmentation
      // RT Image (481.1) is an image.
      case ("481", "1"): return nil
      case ("481", _): self = .plan
      case ("9", _): self = .waveform
      case ("4", "2"): self = .other
      default: return nil
      }
    }
  }

  /// Reads a header.
  /// - Throws: `badData` if the description of its pixels is malformed or not supported.
  static func read(
    _ elements: DICOMElements, name: String, place: FilePlace, mark: String, size: Int,
    start: [UInt8]
  ) throws(FedMedError) -> Reading {
    let classUID = elements.text(.classUID) ?? elements.text(.mediaClass) ?? ""
    if let kind = OtherKind(classUID) { return .other(kind) }
    guard elements.word(.rows) != nil else { return .other(.other) }
    let layout = try PixelLayout(elements)
    try layout.check(size: size, elements)
    return .image(
      IndexedFile(
        elements, layout, name: name, place: place, mark: mark, start: start))
  }

  /// What a header describes.
  enum Reading: Sendable {
    case image(IndexedFile)
    case other(OtherKind)
  }

  private init(
    _ elements: DICOMElements, _ layout: PixelLayout, name: String, place: FilePlace, mark: String,
    start: [UInt8]
  ) {
    (self.name, self.place, self.mark) = (name, place, mark)
    // Without a UID, a file is a study and a series of its own. Its first bytes tell it from files of the
    // same name in other folders.
    let own = "file \(name) \(SHA256.hexadecimal(SHA256.digest(start)).prefix(16))"
    study = elements.text(.studyUID) ?? own
    series = elements.text(.seriesUID) ?? own
    instance = elements.text(.instanceUID)
    accession = elements.text(.accession)
    let patientID = elements.text(.patientID)
    let issuer = elements.text(.patientIssuer).map { " of \($0)" } ?? ""
    // BIDS, the usual layout of NIfTI volumes, has a folder for each subject.
    let folders = elements.syntax == DICOMElements.volumeSyntax ? name.split(separator: "/") : []
    let subject = folders.first { $0.hasPrefix("sub-") }
    patient =
      patientID.map { "\($0)\(issuer)" } ?? subject.map { "subject \($0)" } ?? "study \(study)"
    let code = elements.text(.modality) ?? ""
    // A code is short: anything else could name somebody.
    let isCode = code.utf8.count <= 5 && code.utf8.allSatisfy { (65...90).contains($0) }
    modality = isCode && !code.isEmpty ? code : "OT"
    seriesNumber = elements.integer(.seriesNumber) ?? 0
    instanceNumber = elements.integer(.instanceNumber) ?? 0
    mayShowText = elements.text(.annotation) == "YES"
    frames = (0..<layout.frames).map { FramePosition(elements, frame: $0) }
  }
}

extension IndexedFile.FramePosition {
  init(_ elements: DICOMElements, frame: Int) {
    let corner = elements.decimals(
      .position, in: elements.prefix(of: .position, in: .position, frame: frame))
    if corner.count == 3 { self.corner = SIMD3(corner[0], corner[1], corner[2]) }
    let axes = elements.decimals(
      .orientation, in: elements.prefix(of: .orientation, in: .orientation, frame: frame))
    guard axes.count == 6 else { return }
    let (a, b) = (SIMD3(axes[0], axes[1], axes[2]), SIMD3(axes[3], axes[4], axes[5]))
    let cross = SIMD3(
      a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
    let length = (cross * cross).sum().squareRoot()
    if length > 0 { normal = cross / length }
  }
}
