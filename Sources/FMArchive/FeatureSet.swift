import FMBase
import FMNumerics

/// A feature archive: the frozen encoder's features of a set of samples.
public struct FeatureSet: Sendable {
  /// The site that owns the samples; `nil` before partitioning.
  public var site: String?
  /// The class names [C].
  public var classes: [String]
  /// The encoder that the features come from.
  public var encoder: Manifest.Encoder
  /// The features [N, D].
  public let rows: FeatureRows
  /// The class of each sample [N], 0..<C; `nil` if unlabeled.
  public let labels: [Int]?
  /// The text features [C, D], one row per class, not normalized.
  public var text: Matrix
  /// Data about each sample, one row per sample; the first column is the sample's name.
  public var table: Table
  /// The split of each sample [N]; `nil` before partitioning.
  public var split: [Split]?
  /// The number of reference images from which each class anchor in `text` was made; `nil` without
  /// anchors.
  public var anchors: Int?
  /// The corruption deliberately applied to the images; `nil` if there was none.
  public var damage: ImageDamage?
  /// Which images of an extraction it has; `nil` for all.
  public var shard: Manifest.Shard?
  /// The identity of the archive from which it was read; `nil` if it was not read from one.
  public let identity: String?
  /// The name used in messages.
  public let name: String

  /// N, the number of samples.
  public var count: Int { table.rows.count }
  /// The sample names [N].
  public var names: [String] { table.rows.map { $0[0] } }

  /// Creates a feature set from its parts.
  /// - Precondition: the sizes of all parts agree; callers check their input first.
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
  /// - Parameter isShardAccepted: whether it may be a part of an extraction.
  /// - Throws: `badData` if it is malformed or of another kind, `ioError` if reading fails.
  public init(
    _ reader: ArchiveReader, isShardAccepted: Bool = false
  ) throws(FedMedError) {
    let manifest = reader.manifest
    guard case .features(let payload) = manifest.payload else {
      throw reader.fault("not a feature archive", "manifest.json")
    }
    if let shard = payload.shard, !isShardAccepted {
      throw FedMedError(
        .badData, "only shard \(shard.index) of \(shard.count)", file: reader.name,
        hint: "join the shards with fm-extract")
    }
    shard = payload.shard
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
            "label \(values[index]) of sample \(index), must be between 0 and "
              + "\(manifest.classes.count - 1)",
            member.name)
        }
        labels = values.map { Int($0) }
      case "text.npy":
        text = Matrix(
          rows: classes.count, columns: encoder.dimension, elements: try reader.floats())
      case "samples.tsv":
        table = try Table(text: reader.text(), file: name, place: member.name)
        guard table.rows.count == payload.samples else {
          throw reader.fault(
            "\(table.rows.count) samples, expected \(payload.samples)", member.name)
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
        throw reader.fault("unknown split '\(printable(String(line)))'", "split.txt")
      }
      result.append(split)
    }
    guard result.count == count else {
      throw reader.fault("\(result.count) lines, expected \(count)", "split.txt")
    }
    return result
  }

  /// The indices of the samples in a split.
  /// - Throws: `badData` if the set has no splits.
  public func indices(of wanted: Split) throws(FedMedError) -> [Int] {
    guard let split else {
      throw FedMedError(
        .badData, "not split into train, validation and test", file: name,
        hint: "split it with fm-partition")
    }
    return split.indices.filter { split[$0] == wanted }
  }

  /// The subset of the samples at `indices`, in that order, without its site and splits.
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
  /// - Parameters:
  ///   - tool: the name and version of the tool that writes it.
  ///   - parent: the identity of the feature archive from which it was partitioned; `nil` if there
  ///     is none.
  ///   - descriptor: the open file or pipe.
  ///   - file: the output's name in messages.
  /// - Throws: `badData` if a value cannot be stored, `ioError` if writing fails.
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
    payload.shard = shard
    payload.parent = parent
    let manifest = Manifest(tool: tool, classes: classes, .features(payload))
    try writer.finish(manifest, filter: .none, to: descriptor, file: file)
  }
}
