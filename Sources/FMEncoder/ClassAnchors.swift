import FMArchive
import FMBase
import FMNumerics

/// Class anchors in place of texts: the mean features of a few reference images of each class, which
/// are then left out of everything else.
public enum ClassAnchors {
  /// The rows of `labels` that are drawn, `count` of each class.
  /// - Throws: `badData` where a class has no more images than that.
  public static func draw(
    _ count: Int, labels: [Int], classes: [String], seed: UInt64, file: String
  ) throws(FedMedError) -> [[Int]] {
    var random = RandomStream(seed: seed, purpose: .anchors)
    var drawn: [[Int]] = []
    for c in classes.indices {
      var members = labels.indices.filter { labels[$0] == c }
      guard members.count > count else {
        throw FedMedError(
          .badData, "class '\(classes[c])' has \(members.count) images for \(count) anchors",
          file: file)
      }
      random.shuffle(&members)
      drawn.append(members.prefix(count).sorted())
    }
    return drawn
  }

  /// The means [C, D] of the rows drawn.
  public static func means(
    _ drawn: [[Int]], of features: FeatureRows
  ) throws(FedMedError) -> Matrix {
    var result = Matrix(rows: drawn.count, columns: features.dimension)
    for (c, rows) in drawn.enumerated() {
      let matrix = try features.matrix(rows)
      for i in 0..<matrix.columns {
        result[c, i] = (0..<rows.count).reduce(0) { $0 + matrix[$1, i] } / Float(rows.count)
      }
    }
    return result
  }
}

extension FeatureSet {
  /// Takes the means of some samples as the classes' features, and leaves these samples out.
  /// - Parameters:
  ///   - drawn: their rows, by class.
  ///   - count: how many were asked for of each class.
  public mutating func takeAnchors(_ drawn: [[Int]], count: Int) throws(FedMedError) {
    text = try ClassAnchors.means(drawn, of: rows)
    anchors = count
    let left = Set(drawn.flatMap { $0 })
    self = gathering((0..<self.count).filter { !left.contains($0) })
  }
}
