import FMBase
import FMNumerics

/// The standard deviations of the noise in total statistics, in samples.
struct StatisticsNoise {
  /// σ_G, of the diagonal of the second moments; off the diagonal it is smaller by √2.
  let moments: Double
  /// Of the class sums.
  let sums: Double
  /// Of the class counts.
  let counts: Double

  /// - Parameters:
  ///   - multiplier: m, the noise on a query of sensitivity 1.
  ///   - variance: the variance of the noise, as a multiple of that of one site.
  init(multiplier: Double, variance: Double) {
    let (weights, deviation) = (
      PrivateStatistics.weights,
      multiplier * PrivateStatistics.sensitivity * variance.squareRoot()
    )
    moments = deviation / weights.moments
    sums = deviation / weights.sums
    counts = deviation / weights.counts
  }

  /// Checks that statistics with this noise are possible, as far as noise allows: each number may
  /// be ten deviations off.
  func check(
    _ statistics: GaussianStatistics,
    _ require: (Bool, Int, String) throws(FedMedError) -> Void
  ) throws(FedMedError) {
    let (size, classes) = (Double(statistics.sums.columns), Double(statistics.counts.count))
    let total = statistics.total
    for (c, count) in statistics.counts.enumerated() {
      try require(
        count >= -10 * counts, 0, "the count of class \(c + 1) is too small for its noise")
      let row = statistics.sums.elements[
        c * statistics.sums.columns..<(c + 1) * statistics.sums.columns]
      let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      try require(
        norm <= max(count, 0) + 10 * counts + sums * (size.squareRoot() + 10), 1,
        "the sum of class \(c + 1) is too large for its count")
    }
    let slack = 10 * (moments * size.squareRoot() + counts * classes.squareRoot())
    // Truncation to whole units shortens each unit vector by a little.
    try require(
      (statistics.moments.trace - total).magnitude <= slack + 0.02 * total.magnitude, 2,
      "expected a trace of \(Int(total)), found \(statistics.moments.trace)")
  }
}

extension StandardizedMoments {
  /// Standardizes noisy statistics: counts are at least 1, and the scatter is the nearest possible
  /// one, without negative eigenvalues. Both are post-processing, which costs no privacy.
  ///
  /// λ = σ_G √D/4 balances the noise in G, whose largest eigenvalues are near σ_G √(2D). It is fixed,
  /// because choosing it on data would use the data once more.
  /// - Throws: `badData` if the eigenvalues do not converge.
  init(noisy statistics: GaussianStatistics, _ noise: StatisticsNoise) throws(FedMedError) {
    let (sums, size) = (statistics.sums, statistics.sums.columns)
    let counts = statistics.counts.map { max($0, 1) }
    let total = counts.reduce(0, +)
    let mean = (0..<size).map { j in (0..<sums.rows).reduce(0) { $0 + sums[$1, j] } / total }
    var scatter = statistics.moments
    for i in 0..<size {
      for j in i..<size { scatter[i, j] -= total * mean[i] * mean[j] }
    }
    scatter.symmetrize()
    scatter = try scatter.projected()
    let variance = max(scatter.trace / total / Double(size), 1e-9 / Double(size))
    for i in scatter.elements.indices { scatter.elements[i] /= variance }
    let scale = variance.squareRoot()
    var means = DoubleMatrix(rows: sums.rows, columns: size)
    for c in 0..<sums.rows {
      for j in 0..<size {
        let classMean: Double = sums[c, j] / counts[c]
        means[c, j] = (classMean - mean[j]) / scale
      }
    }
    self.init(
      total: total, counts: counts, mean: mean, scale: scale, prior: counts.map { $0 / total },
      classMeans: means, scatter: scatter,
      penalty: noise.moments * Double(size).squareRoot() / 4 / variance)
  }

  /// W of ridge regression with the fixed penalty; `nil` if there is no solution.
  func penalizedRegression() -> DoubleMatrix? {
    var (matrix, targets) = (scatter, classMeans)
    for i in 0..<matrix.rows { matrix[i, i] += penalty }
    for c in counts.indices {
      for j in 0..<targets.columns { targets[c, j] *= counts[c] }
    }
    return matrix.solvingPositiveDefinite(targets)
  }
}

extension DoubleMatrix {
  /// The nearest matrix without negative eigenvalues.
  /// - Throws: `badData` if the eigenvalues do not converge.
  func projected() throws(FedMedError) -> DoubleMatrix {
    guard let result = positivePart else {
      throw FedMedError(.badData, "the eigenvalues of the second moments do not converge")
    }
    return result
  }
}
