import FMArchive
import FMBase
import FMNumerics

/// Combines the features of encoded images with their table, classes and encoder.
public struct FeatureAssembly: Sendable {
  /// The source of the classes' features.
  public enum ClassReference: Sendable {
    /// The features of class texts [C, D].
    case texts(Matrix)
    /// Reference images of each class by their positions in the list, with the requested number per
    /// class.
    case images([[Int]], count: Int)
    /// None yet: the archive is a part of an extraction and gets them when the parts are joined.
    case later
  }

  /// The images.
  public let list: ImageList
  /// The encoder, as archives describe it.
  public let encoder: Manifest.Encoder
  /// The damage applied to the images; `nil` for none.
  public let damage: ImageDamage?
  /// The part of the extraction; `nil` for all images.
  public let shard: Manifest.Shard?

  /// Creates an assembly.
  public init(
    list: ImageList, encoder: Manifest.Encoder, damage: ImageDamage?, shard: Manifest.Shard?
  ) {
    (self.list, self.encoder, self.damage, self.shard) = (list, encoder, damage, shard)
  }

  /// Returns the feature set of the images that could be read.
  /// - Parameters:
  ///   - read: their positions in the list.
  ///   - rows: their features.
  /// - Throws: `badData` if there are none, or none of a class's reference images.
  public func features(
    of read: [Int], _ rows: FeatureRows, classes: ClassReference
  ) throws(FedMedError) -> FeatureSet {
    guard !read.isEmpty else {
      throw FedMedError(.badData, "no image could be read", file: list.name)
    }
    var text = Matrix(rows: list.classes.count, columns: encoder.dimension)
    if case .texts(let features) = classes { text = features }
    var set = FeatureSet(
      classes: list.classes, encoder: encoder, rows: rows,
      labels: list.labels.map { labels in read.map { labels[$0] } }, text: text,
      table: list.table.gathering(read), name: list.name)
    set.damage = damage
    if var shard {
      shard.skipped = Array(Set(list.paths.indices).subtracting(read)).sorted()
      set.shard = shard
    }
    if case .images(let drawn, let count) = classes {
      let places = Dictionary(uniqueKeysWithValues: zip(read, read.indices))
      let kept = drawn.map { $0.compactMap { places[$0] } }
      if let c = kept.indices.first(where: { kept[$0].isEmpty }) {
        throw FedMedError(
          .badData, "no anchor of class '\(list.classes[c])' could be read", file: list.name)
      }
      try set.takeAnchors(kept, count: count)
    }
    return set
  }
}
