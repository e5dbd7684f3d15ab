import FMArchive
import FMBase
import FMNumerics

/// The images of one part of an extraction.
public final class ShardImages: ImageSource {
  private let all: any ImageSource
  private let shard: Manifest.Shard
  private var position = 0

  /// Creates a source of the part's images among `all`.
  public init(_ all: any ImageSource, shard: Manifest.Shard) {
    (self.all, self.shard) = (all, shard)
  }

  private func own(_ list: ImageList) -> ImageList {
    list.gathering(
      Array(stride(from: shard.index - 1, to: list.paths.count, by: shard.count)))
  }

  /// The part's images; `nil` if they are known only at the end.
  public var list: ImageList? { all.list.map(own) }
  /// The files of the whole source.
  public var files: [String] { all.files }

  /// Returns the part's next image; `nil` at the end.
  /// - Throws: `badData` or `ioError` if the source cannot be read on.
  public func next() throws(FedMedError) -> ImageFile? {
    while let image = try all.next() {
      position += 1
      if (position - shard.index) % shard.count == 0 { return image }
    }
    return nil
  }

  /// Returns the part's images in the order in which they came.
  /// - Throws: the errors of the whole source, and `badData` if there are none.
  public func finish() throws(FedMedError) -> ImageList {
    let list = own(try all.finish())
    guard !list.paths.isEmpty else {
      throw FedMedError(
        .badData, "no images for shard \(shard.index) of \(shard.count)", file: list.name,
        hint: "use fewer shards")
    }
    return list
  }
}

extension FeatureSet {
  /// Joins feature sets, in any order: the parts of an extraction to what the extraction would have given
  /// as a whole, or complete extractions with the same encoder, settings and classes, such as those of
  /// several days, in the order of their samples' names.
  /// - Throws: `badData` if they do not belong together, a part is missing, or a sample is in two of them.
  public static func joining(_ parts: [FeatureSet]) throws(FedMedError) -> FeatureSet {
    guard let first = parts.first else { throw FedMedError(.badData, "nothing to join") }
    let order = try first.shard == nil ? orderByName(parts) : orderOfShards(parts)
    for set in parts where !set.isOfSameExtraction(as: first) {
      throw FedMedError(
        .badData, "differs from \(first.name) in its encoder, classes or columns", file: set.name)
    }
    var whole = FeatureSet(
      classes: first.classes, encoder: first.encoder,
      rows: try FeatureRows(joining: parts.map(\.rows), order: order),
      labels: first.labels == nil ? nil : order.map { parts[$0.part].labels?[$0.row] ?? 0 },
      text: first.text,
      table: Table(
        header: first.table.header, rows: order.map { parts[$0.part].table.rows[$0.row] }),
      name: first.name)
    (whole.damage, whole.anchors) = (first.damage, first.anchors)
    return whole
  }

  private static func orderByName(
    _ parts: [FeatureSet]
  ) throws(FedMedError) -> [(part: Int, row: Int)] {
    var places: [String: (part: Int, row: Int)] = [:]
    for (part, set) in parts.enumerated() {
      guard set.shard == nil else {
        throw FedMedError(.badData, "a shard, which \(parts[0].name) is not", file: set.name)
      }
      guard set.split == nil else {
        throw FedMedError(.badData, "already partitioned", file: set.name)
      }
      for (row, name) in set.names.enumerated() {
        if let other = places.updateValue((part, row), forKey: name) {
          throw FedMedError(
            .badData, "sample '\(printable(name))' is also in \(parts[other.part].name)",
            file: set.name)
        }
      }
    }
    return places.sorted { $0.key.precedes($1.key) }.map(\.value)
  }

  private static func orderOfShards(
    _ parts: [FeatureSet]
  ) throws(FedMedError) -> [(part: Int, row: Int)] {
    var places: [(place: Int, part: Int, row: Int)] = []
    var found: Set<Int> = []
    var images = 0
    for (part, set) in parts.enumerated() {
      func fault(_ reason: String) -> FedMedError { FedMedError(.badData, reason, file: set.name) }
      guard let shard = set.shard, let count = parts[0].shard?.count else {
        throw fault("not a shard of an extraction")
      }
      guard shard.count == count else {
        throw fault("a shard of another extraction than \(parts[0].name)")
      }
      guard found.insert(shard.index).inserted else {
        throw fault("duplicate shard \(shard.index) of \(count)")
      }
      let skipped = Set(shard.skipped)
      let read = (0..<set.count + skipped.count).filter { !skipped.contains($0) }
      places += zip(read, read.indices).map { (shard.index - 1 + $0 * count, part, $1) }
      images += set.count + skipped.count
    }
    guard let first = parts.first, let count = first.shard?.count else {
      throw FedMedError(.badData, "no shards")
    }
    if let missing = (1...count).first(where: { !found.contains($0) }) {
      throw FedMedError(.badData, "missing shard \(missing) of \(count)", file: first.name)
    }
    for set in parts {
      guard let shard = set.shard else { continue }
      // The numbers of images that parts of one extraction have differ by one at most.
      let expected = (images - shard.index) / count + 1
      guard set.count + shard.skipped.count == expected else {
        throw FedMedError(
          .badData,
          "\(set.count + shard.skipped.count) images, expected \(expected) of \(images)",
          file: set.name)
      }
    }
    return places.sorted { $0.place < $1.place }.map { ($0.part, $0.row) }
  }

  private func isOfSameExtraction(as other: FeatureSet) -> Bool {
    encoder == other.encoder && classes == other.classes && text == other.text
      && damage == other.damage && anchors == other.anchors && table.header == other.table.header
      && (labels == nil) == (other.labels == nil) && rows.elementType == other.rows.elementType
  }

  /// Whether the classes have features.
  public var hasText: Bool { text.elements.contains { $0 != 0 } }
}
