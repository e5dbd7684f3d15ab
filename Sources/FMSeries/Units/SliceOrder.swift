/// A frame of a file.
struct SliceReference: Sendable {
  let file: IndexedFile
  let frame: Int
}

/// The order of the slices of a series.
enum SliceOrder {
  /// How far the directions of parallel slices may differ: the cosine of a tenth of a degree.
  private static let parallel = 0.9999985

  /// The slices of a series in the order of their positions along the common direction across them, then
  /// of their numbers. Without positions, or if the directions differ as in a localizer, their numbers
  /// alone decide. File names have no influence.
  static func slices(_ files: [IndexedFile]) -> [SliceReference] {
    let slices = files.flatMap { file in
      file.frames.indices.map { SliceReference(file: file, frame: $0) }
    }
    let distances = distances(slices)
    let order = slices.indices.sorted { a, b in
      if let distances, distances[a] != distances[b] { return distances[a] < distances[b] }
      let (first, second) = (slices[a], slices[b])
      if first.file.instanceNumber != second.file.instanceNumber {
        return first.file.instanceNumber < second.file.instanceNumber
      }
      let (one, other) = (first.file.instance ?? "", second.file.instance ?? "")
      return one != other ? one < other : first.frame < second.frame
    }
    return order.map { slices[$0] }
  }

  /// The positions along the common direction; `nil` if there is none.
  private static func distances(_ slices: [SliceReference]) -> [Double]? {
    let frames = slices.map { $0.file.frames[$0.frame] }
    guard let normal = frames.first?.normal else { return nil }
    var distances: [Double] = []
    for frame in frames {
      guard let corner = frame.corner, let own = frame.normal,
        (own * normal).sum() >= parallel
      else { return nil }
      distances.append((corner * normal).sum())
    }
    return distances
  }

  /// `count` equally spaced elements, each from the middle of its part; all if there are fewer.
  static func spaced<Element>(_ elements: [Element], count: Int?) -> [Element] {
    guard let count, count < elements.count else { return elements }
    return (0..<count).map { elements[(2 * $0 + 1) * elements.count / (2 * count)] }
  }
}
