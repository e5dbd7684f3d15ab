import FMArchive
import FMBase
import FMMetrics
import FMNumerics

/// A rule that must see all updates at once.
protocol CollectingRule: AggregationRule {
  var updates: UpdateCollection { get set }
}

extension CollectingRule {
  public mutating func add(_ tensors: [Tensor], weight: Double) {
    updates.add(tensors, weight: weight)
  }
}

/// Updates side by side, for rules that must see all of them at once. Each is one row of numbers, all
/// its arrays one after the other.
struct UpdateCollection: Sendable {
  private var names: [(name: String, shape: [Int])] = []
  /// θ_k [D] of each update.
  private(set) var rows: [[Float]] = []
  private(set) var weights: [Double] = []

  /// How many numbers are in an update.
  package var width: Int { rows.first?.count ?? 0 }
  package var count: Int { rows.count }

  package mutating func add(_ tensors: [Tensor], weight: Double) {
    if names.isEmpty { names = tensors.map { ($0.name, $0.shape) } }
    precondition(zip(names, tensors).allSatisfy { $0.name == $1.name && $0.shape == $1.shape })
    rows.append(tensors.flatMap(\.values))
    weights.append(weight)
  }

  /// - Throws: `tryAgain` for fewer updates than `least`.
  package func require(_ least: Int, for rule: String) throws(FedMedError) {
    guard count >= least else {
      throw FedMedError(.tryAgain, "\(count) updates, \(rule) needs \(least)")
    }
  }

  /// The arrays that a row stands for.
  package func tensors(_ row: [Float]) -> [Tensor] {
    var start = 0
    return names.map { name in
      let size = name.shape.reduce(1, *)
      defer { start += size }
      return Tensor(
        name: name.name, shape: name.shape, values: Array(row[start..<start + size]))
    }
  }

  /// Each number of the result from those of all updates, of which `combine` gets a copy.
  func byCoordinate(_ combine: (inout [Float]) -> Double) -> [Tensor] {
    var values = [Float](repeating: 0, count: count)
    var result = [Float](repeating: 0, count: width)
    for place in 0..<width {
      for (k, row) in rows.enumerated() { values[k] = row[place] }
      result[place] = Float(combine(&values))
    }
    return tensors(result)
  }

  /// Σ w_k θ_k / Σ w_k over some of the updates.
  package func mean(of chosen: [Int], weights: [Double]) -> [Tensor] {
    tensors(average(of: chosen, weights: weights).map { Float($0) })
  }

  package func average(of chosen: [Int], weights: [Double]) -> [Double] {
    var sums = [Double](repeating: 0, count: width)
    for k in chosen {
      for place in 0..<width { sums[place] += weights[k] * Double(rows[k][place]) }
    }
    let total = chosen.reduce(0) { $0 + weights[$1] }
    for place in 0..<width { sums[place] /= total }
    return sums
  }

  /// ‖θ_i − θ_j‖² of each pair.
  func squaredDistances() -> [[Double]] {
    var result = [[Double]](repeating: [Double](repeating: 0, count: count), count: count)
    for i in 0..<count {
      for j in i + 1..<max(count, i + 1) {
        let distance = Self.squaredDistance(rows[i], rows[j])
        (result[i][j], result[j][i]) = (distance, distance)
      }
    }
    return result
  }

  static func squaredDistance(_ a: [Float], _ b: [Float]) -> Double {
    var sum = 0.0
    for place in a.indices {
      let gap = Double(a[place]) - Double(b[place])
      sum += gap * gap
    }
    return sum
  }
}

/// The middle one of numbers, or the mean of the two in the middle.
package func median(_ values: inout [Float]) -> Double {
  values.sort()
  let middle = values.count / 2
  return values.count % 2 == 1
    ? Double(values[middle]) : (Double(values[middle - 1]) + Double(values[middle])) / 2
}
