import FMBase
import FMNumerics

/// A feature archive: the frozen encoder's view of a set of samples.
public struct FeatureSet: Sendable {
  public var site: String?
  public var classes: [String]
  public var encoder: Manifest.Encoder
  /// The features [N, D].
  public let rows: FeatureRows
  /// 0..<C for each sample, where they are known.
  public let labels: [Int]?
  /// The encoder's text features [C, D], one class a row, unnormalised.
  public var text: Matrix
  /// What else is known of each sample; the first column names it.
  public var table: Table
  public var split: [Split]?
  /// How many reference images of each class its anchor in `text` was made of.
  public var anchors: Int?
  /// What was done to the images on purpose.
  public var damage: ImageDamage?
  /// The identity of the archive that it was read from.
  public let identity: String?
  /// What messages call it.
  public let name: String

  public var count: Int { table.rows.count }
  public var names: [String] { table.rows.map { $0[0] } }

  /// - Precondition: all parts are of one size; the tools that make one check their input first.
  public init(
    classes: [String], encoder: Manifest.Encoder, rows: FeatureRows, labels: [Int]?, text: Matrix,
    table: Table, name: String
  ) {
    self.classes = classes
    self.encoder = encoder
    self.rows = rows
    self.labels = labels
    self.text = text
    self.table = table
    self.name = name
    identity = nil
  }

  /// Reads a feature archive.
  public init(_ reader: ArchiveReader) throws(FedMedError) {
    let manifest = reader.manifest
    guard case .features(let payload) = manifest.payload else {
      throw reader.fault("is no archive of features", "manifest.json")
    }
    name = reader.name
    identity = reader.identity
    site = payload.site
    anchors = payload.anchors
    damage = payload.damage.flatMap(ImageDamage.init)
    classes = manifest.classes
    encoder = payload.encoder
    var (type, bytes, labels, split) = (ElementType.float32, [UInt8](), [Int]?.none, [Split]?.none)
    var text = Matrix(rows: 0, columns: 0)
    var table = Table(header: [], rows: [])
    while let member = try reader.next() {
      switch member.name {
      case "features.npy":
        type = member.dtype
        bytes = try reader.bytes()
        if let index = ElementCoding.firstNonFinite(bytes, as: type) {
          throw reader.fault(
            "sample \(index / encoder.dimension) has a feature that is not finite", member.name)
        }
      case "labels.npy":
        let values = try reader.integers()
        if let index = values.firstIndex(where: { $0 < 0 || $0 >= manifest.classes.count }) {
          throw reader.fault(
            "label \(values[index]) of sample \(index), there are \(manifest.classes.count) classes",
            member.name)
        }
        labels = values.map { Int($0) }
      case "text.npy":
        text = Matrix(
          rows: classes.count, columns: encoder.dimension, elements: try reader.floats())
      case "samples.tsv":
        table = try Table(text: reader.text(), file: name, place: member.name)
        guard table.rows.count == payload.samples else {
          throw reader.fault("\(table.rows.count) samples", member.name)
        }
      default:
        split = try Self.splits(reader, count: payload.samples)
      }
    }
    rows = FeatureRows(bytes, as: type, dimension: encoder.dimension)
    (self.labels, self.split) = (labels, split)
    (self.text, self.table) = (text, table)
  }

  private static func splits(
    _ reader: ArchiveReader, count: Int
  ) throws(FedMedError) -> [Split] {
    var result: [Split] = []
    for line in Table.lines(try reader.text()) {
      guard let split = Split(rawValue: String(line)) else {
        throw reader.fault("'\(printable(String(line)))' is no split", "split.txt")
      }
      result.append(split)
    }
    guard result.count == count else { throw reader.fault("\(result.count) lines", "split.txt") }
    return result
  }

  /// The samples of a split.
  /// - Throws: `badData` where the set was never split.
  public func indices(of wanted: Split) throws(FedMedError) -> [Int] {
    guard let split else {
      throw FedMedError(
        .badData, "not split into train, validation and test", file: name,
        hint: "fm-partition splits it")
    }
    return split.indices.filter { split[$0] == wanted }
  }

  /// The same set with some of its samples only.
  public func gathering(_ indices: [Int]) -> FeatureSet {
    var part = FeatureSet(
      classes: classes, encoder: encoder, rows: rows.gathering(indices),
      labels: labels.map { labels in indices.map { labels[$0] } }, text: text,
      table: table.gathering(indices), name: name)
    part.anchors = anchors
    part.damage = damage
    return part
  }

  /// Writes the archive.
  /// - Parameter tool: who writes it, with its version.
  public func write(
    tool: String, parent: String? = nil, to descriptor: Int32, file: String
  ) throws(FedMedError) {
    let writer = try ArchiveWriter()
    try rows.write("features.npy", to: writer)
    if let labels { try writer.add("labels.npy", labels.map(Int32.init)) }
    try writer.add(Tensor(name: "text", shape: [text.rows, text.columns], values: text.elements))
    try writer.add("samples.tsv", lines: table.lines)
    if let split { try writer.add("split.txt", lines: split.map(\.rawValue)) }
    var payload = FeaturesPayload(encoder: encoder, samples: count)
    payload.site = site
    payload.anchors = anchors
    payload.damage = damage?.text
    payload.encoder.text = writer.checksum(of: "text.npy")
    payload.parent = parent
    let manifest = Manifest(tool: tool, classes: classes, .features(payload))
    try writer.finish(manifest, filter: .none, to: descriptor, file: file)
  }
}
