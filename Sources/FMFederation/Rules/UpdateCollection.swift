import FMArchive
import FMBase
import FMMetrics
import FMNumerics

/// A rule that needs all updates at once.
protocol CollectingRule: AggregationRule {
  var updates: UpdateCollection { get set }
}

extension CollectingRule {
  /// Stores an update.
  public mutating func add(_ tensors: [Tensor], weight: Double) {
    updates.add(tensors, weight: weight)
  }
}

/// All updates of a round in memory, for rules that need them at once. Each is one row with all its
/// arrays concatenated.
struct UpdateCollection: Sendable {
  private var names: [(name: String, shape: [Int])] = []
  /// The numbers θ_k [D] of each update.
  private(set) var rows: [[Float]] = []
  private(set) var weights: [Double] = []

  /// D, the number of numbers in an update.
  package var width: Int { rows.first?.count ?? 0 }
  package var count: Int { rows.count }

  package mutating func add(_ tensors: [Tensor], weight: Double) {
    if names.isEmpty { names = tensors.map { ($0.name, $0.shape) } }
    precondition(zip(names, tensors).allSatisfy { $0.name == $1.name && $0.shape == $1.shape })
    rows.append(tensors.flatMap(\.values))
    weights.append(weight)
  }

  /// Checks that there are at least `least` updates.
  /// - Throws: `tryAgain` if there are fewer.
  package func require(_ least: Int, for rule: String) throws(FedMedError) {
    guard count >= least else {
      throw FedMedError(.tryAgain, "\(count) updates, \(rule) requires at least \(least)")
    }
  }

  /// Splits a row into arrays.
  package func tensors(_ row: [Float]) -> [Tensor] {
    var start = 0
    return names.map { name in
      let size = name.shape.reduce(1, *)
      defer { start += size }
      return Tensor(
        name: name.name, shape: name.shape, values: Array(row[start..<start + size]))
    }
  }

  /// Computes each number of the result by `combine`, which gets a copy of that number in all
  /// updates.
  func byCoordinate(_ combine: (inout [Float]) -> Double) -> [Tensor] {
    var values = [Float](repeating: 0, count: count)
    var result = [Float](repeating: 0, count: width)
    for place in 0..<width {
      for (k, row) in rows.enumerated() { values[k] = row[place] }
      result[place] = Float(combine(&values))
    }
    return tensors(result)
  }

  /// The weighted mean Σ w_k θ_k / Σ w_k over the `chosen` updates.
  package func mean(of chosen: [Int], weights: [Double]) -> [Tensor] {
    tensors(average(of: chosen, weights: weights).map { Float($0) })
  }

  /// The weighted mean over the `chosen` updates, in double precision.
  package func average(of chosen: [Int], weights: [Double]) -> [Double] {
    var sums = [Double](repeating: 0, count: width)
    for k in chosen {
      for place in 0..<width { sums[place] += weights[k] * Double(rows[k][place]) }
    }
    let total = chosen.reduce(0) { $0 + weights[$1] }
    for place in 0..<width { sums[place] /= total }
    return sums
  }

  /// The squared distances ‖θ_i − θ_j‖² between all pairs [n, n].
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

  /// The squared Euclidean distance of two rows.
  static func squaredDistance(_ a: [Float], _ b: [Float]) -> Double {
    var sum = 0.0
    for place in a.indices {
      let gap = Double(a[place]) - Double(b[place])
      sum += gap * gap
    }
    return sum
  }
}

/// The median: the middle value, or the mean of the two middle values. Sorts `values`.
package func median(_ values: inout [Float]) -> Double {
  values.sort()
  let middle = values.count / 2
  return values.count % 2 == 1
    ? Double(values[middle]) : (Double(values[middle - 1]) + Double(values[middle])) / 2
}
