import FMArchive
import FMBase
import FMNumerics

/// Class anchors, which replace class texts: the mean features of a few reference images of each
/// class. The reference images are then excluded from everything else.
public enum ClassAnchors {
  /// Draws `count` reference images of each class.
  /// - Parameters:
  ///   - labels: the class of each image [N].
  ///   - file: the name for messages.
  /// - Returns: their rows in `labels`, by class.
  /// - Throws: `badData` if a class has no more than `count` images.
  public static func draw(
    _ count: Int, labels: [Int], classes: [String], seed: UInt64, file: String
  ) throws(FedMedError) -> [[Int]] {
    var random = RandomStream(seed: seed, purpose: .anchors)
    var drawn: [[Int]] = []
    for c in classes.indices {
      var members = labels.indices.filter { labels[$0] == c }
      guard members.count > count else {
        throw FedMedError(
          .badData,
          "class '\(classes[c])' has \(members.count) images, too few for \(count) anchors",
          file: file)
      }
      random.shuffle(&members)
      drawn.append(members.prefix(count).sorted())
    }
    return drawn
  }

  /// Returns the mean features [C, D] of the drawn rows.
  /// - Throws: `badData` or `ioError` if features cannot be read.
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
  /// Sets the class features to the means of some samples, and removes these samples.
  /// - Parameters:
  ///   - drawn: the rows of the samples, by class.
  ///   - count: the requested number of anchors per class.
  /// - Throws: `badData` or `ioError` if features cannot be read.
  public mutating func takeAnchors(_ drawn: [[Int]], count: Int) throws(FedMedError) {
    text = try ClassAnchors.means(drawn, of: rows)
    anchors = count
    let left = Set(drawn.flatMap { $0 })
    self = gathering((0..<self.count).filter { !left.contains($0) })
  }
}
