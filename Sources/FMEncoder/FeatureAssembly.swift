import FMArchive
import FMBase
import FMNumerics

/// Puts the features of encoded images together with what is known of them.
public struct FeatureAssembly: Sendable {
  /// What the classes are known by.
  public enum Anchorage: Sendable {
    /// The features of their texts [C, D].
    case texts(Matrix)
    /// Images of each class, by their places in the list, of which so many were asked for.
    case images([[Int]], count: Int)
  }

  public let list: ImageList
  public let encoder: Manifest.Encoder
  public let damage: ImageDamage?

  public init(list: ImageList, encoder: Manifest.Encoder, damage: ImageDamage?) {
    (self.list, self.encoder, self.damage) = (list, encoder, damage)
  }

  /// - Parameters:
  ///   - read: the places in the list of the images that could be read.
  ///   - rows: their features.
  /// - Throws: `badData` where there are none, or none of a class's anchors.
  public func features(
    of read: [Int], _ rows: FeatureRows, classes: Anchorage
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
