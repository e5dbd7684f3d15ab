import FMBase
import FMNumerics
import Glibc

/// A closed-form linear classifier from Gaussian statistics: logits W z + b of z = (u − μ)/σ, with
/// one scale σ for all dimensions.
struct GaussianHead {
  /// How W and b follow from the statistics.
  enum Kind: String, CaseIterable {
    /// Linear discriminants with a shrunk covariance, Σ = (1−s) S + s (tr S/D) I.
    case lda
    /// Ridge regression on one-hot labels, with the penalty chosen by generalized cross-validation.
    case ridge
    /// Naive Bayes: uses only the diagonal of S, shrunk in the same way.
    case nb
  }

  /// μ [D], the mean feature.
  let mean: [Double]
  /// σ, the scale of the features.
  let scale: Double
  /// W [C, D]; zero for classes without samples.
  let weight: DoubleMatrix
  /// b [C].
  let bias: [Double]
  /// π = n/N [C], the classes' shares of the samples.
  let prior: [Double]

  /// Fits a head.
  /// - Throws: `badData` if the statistics allow no head, with the reason.
  init(_ statistics: GaussianStatistics, _ kind: Kind, shrinkage: Double) throws(FedMedError) {
    let moments = try StandardizedMoments(statistics)
    (mean, scale, prior) = (moments.mean, moments.scale, moments.prior)
    switch kind {
    case .lda, .nb:
      let covariance = try moments.shrunkCovariance(shrinkage, isDiagonal: kind == .nb)
      guard let weight = covariance.solvingPositiveDefinite(moments.classMeans) else {
        throw moments.singularCovarianceError(shrinkage)
      }
      self.weight = weight
      bias = prior.indices.map { c in
        -0.5 * moments.classMeans.dot(row: c, weight)
      }
    case .ridge where statistics.noise == nil:
      (weight, bias) = (try RidgeRegression(moments).best().weight, prior)
    case .ridge:
      guard let weight = moments.penalizedRegression() else {
        throw moments.singularCovarianceError(0)
      }
      (self.weight, bias) = (weight, prior)
    }
  }
}

/// The statistics standardized to z = (u − μ)/σ.
struct StandardizedMoments {
  let total: Double
  let counts: [Double]
  let mean: [Double]
  let scale: Double
  let prior: [Double]
  /// M_c = (s_c/n_c − μ)/σ [C, D]; zero for classes without samples.
  let classMeans: DoubleMatrix
  /// G_z = (G − N μ μᵀ)/σ² [D, D].
  let scatter: DoubleMatrix
  /// The penalty λ/σ² of a head made of noisy statistics; 0 without noise.
  let penalty: Double
}

extension StandardizedMoments {
  /// Standardizes the statistics.
  /// - Throws: `badData` if fewer than two classes have samples, or the features do not vary.
  init(_ statistics: GaussianStatistics) throws(FedMedError) {
    if let noise = statistics.noise {
      self = try Self(noisy: statistics, noise)
    } else {
      self = try Self(exact: statistics)
    }
  }

  private init(exact statistics: GaussianStatistics) throws(FedMedError) {
    let (sums, size) = (statistics.sums, statistics.sums.columns)
    let (count, counts) = (statistics.total, statistics.counts)
    guard counts.count(where: { $0 > 0 }) > 1 else {
      throw FedMedError(
        .badData, "training samples of fewer than two classes: nothing to classify")
    }
    let mean = (0..<size).map { j in (0..<sums.rows).reduce(0) { $0 + sums[$1, j] } / count }
    var variance = 0.0
    for j in 0..<size {
      variance += statistics.moments[j, j] / count - mean[j] * mean[j]
    }
    variance /= Double(size)
    // If all features are equal, single-precision rounding errors remain.
    guard variance > 1e-9 / Double(size) else {
      throw FedMedError(
        .badData, "all features are the same: their variance is \(variance)",
        hint: "check that the features come from an encoder and from different images")
    }
    let scale = variance.squareRoot()
    var (means, scatter) = (DoubleMatrix(rows: sums.rows, columns: size), statistics.moments)
    for c in 0..<sums.rows where counts[c] > 0 {
      for j in 0..<size { means[c, j] = (sums[c, j] / counts[c] - mean[j]) / scale }
    }
    scatter.symmetrize()
    for i in 0..<size {
      for j in 0..<size { scatter[i, j] = (scatter[i, j] - count * mean[i] * mean[j]) / variance }
    }
    self.init(
      total: count, counts: counts, mean: mean, scale: scale, prior: counts.map { $0 / count },
      classMeans: means, scatter: scatter, penalty: 0)
  }

  /// Within-class covariance S = (G_z − Σ n_c M_c M_cᵀ)/N, shrunk towards a multiple of the
  /// identity.
  /// - Throws: `badData` if the features do not vary within the classes.
  func shrunkCovariance(_ shrinkage: Double, isDiagonal: Bool) throws(FedMedError) -> DoubleMatrix {
    let size = scatter.rows
    var weighted = classMeans
    for c in counts.indices {
      for j in 0..<size { weighted[c, j] *= counts[c].squareRoot() }
    }
    var result = scatter
    result.addProduct(weighted, transposing: true, scale: -1)
    result.symmetrize()
    if penalty > 0 { result = try result.projected() }
    let (share, level) = ((1 - shrinkage) / total, result.trace / total / Double(size))
    guard level > 1e-9 else {
      throw FedMedError(.badData, "the features do not vary within the classes")
    }
    for i in 0..<size {
      for j in 0..<size {
        result[i, j] = isDiagonal && i != j ? 0 : share * result[i, j]
      }
      result[i, i] += shrinkage * level + penalty / total
    }
    return result
  }

  /// The error for a covariance that cannot be inverted.
  func singularCovarianceError(_ shrinkage: Double) -> FedMedError {
    let size = scatter.rows
    return FedMedError(
      .badData,
      "the covariance is singular with a shrinkage of \(shrinkage): \(Int(total)) samples of all "
        + "sites together, \(size) features"
        + (Int(total) > size
          ? ", some of which are constant, nearly constant or linearly dependent" : ""),
      hint: shrinkage < 0.2
        ? "use a larger shrinkage, such as 0.2"
        : "if the features share a large offset, subtract it before import"
    )
  }
}

/// W = (G_z + λI)⁻¹ B with B = Σ n_c M_c e_cᵀ, where λ is chosen by generalized cross-validation
/// (Golub, Heath and Wahba 1979).
struct RidgeRegression {
  /// The candidates for λ/N: 10^(−4 … 1) in steps of 0.25 of the exponent.
  static let penalties = (0...20).map { pow(10, -4 + 0.25 * Double($0)) }

  /// Residuals, degrees of freedom and score of a penalty.
  struct Score {
    let weight: DoubleMatrix
    let residuals: Double
    let freedom: Double
    /// (RSS/N)/(1 − df/N)²; `nil` if df is at least 0.99 N.
    let value: Double?
  }

  private let moments: StandardizedMoments
  private let eigenvalues: [Double]
  /// Bᵀ [C, D].
  private let targets: DoubleMatrix

  /// Prepares the regression.
  /// - Throws: `badData` if there are not more samples than features, because cross-validation
  ///   would then choose too small a penalty, or if the eigenvalues do not converge.
  init(_ moments: StandardizedMoments) throws(FedMedError) {
    guard Int(moments.total) > moments.scatter.rows else { throw Self.tooFew(moments) }
    guard let eigenvalues = moments.scatter.eigenvalues else {
      throw FedMedError(.badData, "the eigenvalues of the second moments do not converge")
    }
    var targets = moments.classMeans
    for c in moments.counts.indices {
      for j in 0..<targets.columns { targets[c, j] *= moments.counts[c] }
    }
    (self.moments, self.targets) = (moments, targets)
    self.eigenvalues = eigenvalues.map { max($0, 0) }
  }

  /// Returns W and λ/N of the penalty with the lowest score.
  /// - Throws: `badData` if no penalty has a score.
  func best() throws(FedMedError) -> (weight: DoubleMatrix, penalty: Double) {
    var best: (weight: DoubleMatrix, penalty: Double, value: Double)?
    for penalty in Self.penalties {
      let score = try score(penalty)
      if let value = score.value, value < best?.value ?? .infinity {
        best = (score.weight, penalty, value)
      }
    }
    guard let best else { throw Self.tooFew(moments) }
    return (best.weight, best.penalty)
  }

  private static func tooFew(_ moments: StandardizedMoments) -> FedMedError {
    FedMedError(
      .badData,
      "\(Int(moments.total)) samples of all sites together are too few for ridge regression on "
        + "\(moments.scatter.rows) features", hint: "use --head lda, which requires fewer")
  }

  /// Fits W with one penalty.
  /// - Parameter penalty: λ/N.
  /// - Throws: `badData` if the second moments have negative eigenvalues.
  func score(_ penalty: Double) throws(FedMedError) -> Score {
    let (count, size) = (moments.total, moments.scatter.rows)
    let lambda = penalty * count
    var matrix = moments.scatter
    for i in 0..<size { matrix[i, i] += lambda }
    guard let weight = matrix.solvingPositiveDefinite(targets) else {
      throw FedMedError(
        .badData,
        "the second moments of all sites together are invalid: they have negative eigenvalues")
    }
    var fitted = DoubleMatrix(rows: weight.rows, columns: size)
    fitted.product(weight, transposing: moments.scatter)
    var residuals = count - moments.counts.reduce(0) { $0 + $1 * $1 } / count
    for c in 0..<weight.rows {
      residuals += fitted.dot(row: c, weight) - 2 * targets.dot(row: c, weight)
    }
    let freedom = 1 + eigenvalues.reduce(0) { $0 + $1 / ($1 + lambda) }
    let rest = 1 - freedom / count
    return Score(
      weight: weight, residuals: residuals, freedom: freedom,
      value: freedom < 0.99 * count ? residuals / count / (rest * rest) : nil)
  }
}

extension DoubleMatrix {
  /// The dot product of row `row` of both matrices.
  func dot(row: Int, _ other: DoubleMatrix) -> Double {
    (0..<columns).reduce(0) { $0 + self[row, $1] * other[row, $1] }
  }
}
