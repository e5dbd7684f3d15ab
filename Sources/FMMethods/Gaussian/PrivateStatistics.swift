import FMBase
import FMNumerics
import FMPrivacy
import Glibc

/// Gaussian statistics in whole numbers, to which noise is added: what a site releases under
/// differential privacy.
///
/// A unit, one sample or all samples of one patient, contributes q qᵀ, q e_yᵀ and e_y, summed over
/// its samples, for q = trunc(2¹² u) and u = x/‖x‖. For one sample each part has at most norm 1. With
/// the parts weighted by w, a contribution has at most the norm Δ with Δ² = Σ w²; that of several
/// samples is scaled down to Δ. Noise of deviation m Δ/w on each part
/// then protects like noise m on a query of sensitivity 1.
struct PrivateStatistics: Equatable {
  /// The number of units in a feature of 1, and in a sample: fractions of a sample occur if several
  /// samples of a patient are scaled down.
  static let unitsInOne = 4096.0
  /// The weights w of second moments, class sums and counts. Equal weights cost about a point of
  /// accuracy at ε = 3, because class sums matter most.
  static let weights = (moments: 1.0, sums: 1.5, counts: 0.5)
  /// Δ, the sensitivity of the weighted parts.
  static let sensitivity =
    (weights.moments * weights.moments + weights.sums * weights.sums
    + weights.counts * weights.counts).squareRoot()

  /// D, the number of features.
  let dimension: Int
  /// C, the number of classes.
  let classes: Int
  /// Σ q qᵀ in units of 2⁻²⁴: the upper triangle, row by row [D (D + 1)/2].
  private(set) var moments: [Int64]
  /// Σ q by class in units of 2⁻¹² [C · D].
  private(set) var sums: [Int64]
  /// The number of samples by class in units of 2⁻¹² [C].
  private(set) var counts: [Int64]

  /// Computes the statistics without noise.
  /// - Parameters:
  ///   - features: [N, D].
  ///   - labels: [N].
  ///   - units: the unit of each sample [N], from 0; `nil` if every sample is a unit.
  /// - Throws: `badData` if a sample's features are all zero or not finite.
  init(
    _ features: Matrix, labels: [Int], classes: Int, units: [Int]? = nil
  ) throws(FedMedError) {
    dimension = features.columns
    self.classes = classes
    moments = [Int64](repeating: 0, count: dimension * (dimension + 1) / 2)
    sums = [Int64](repeating: 0, count: classes * dimension)
    counts = [Int64](repeating: 0, count: classes)
    var groups: [[Int]] = labels.indices.map { [$0] }
    if let units {
      groups = Dictionary(grouping: labels.indices, by: { units[$0] }).sorted { $0.key < $1.key }
        .map(\.value)
    }
    var block = DoubleMatrix(rows: Self.blockRows, columns: dimension)
    var filled = 0
    for group in groups {
      let vectors = try group.map { row throws(FedMedError) in
        try Self.quantized(features, row: row)
      }
      let own = group.map { labels[$0] }
      let scale = group.count == 1 ? 1 : Self.scale(vectors, own, classes)
      guard scale == 1 else {
        add(vectors, own, scaledBy: scale)
        continue
      }
      for (vector, label) in zip(vectors, own) {
        counts[label] += Int64(Self.unitsInOne)
        for j in 0..<dimension {
          sums[label * dimension + j] += Int64(vector[j])
          block[filled, j] = vector[j]
        }
        filled += 1
        if filled == Self.blockRows { flush(&block, &filled) }
      }
    }
    flush(&block, &filled)
  }

  /// The number of samples whose products are summed at a time.
  private static let blockRows = 256

  /// q = trunc(2¹² x/‖x‖), with Σ q² ≤ 2²⁴.
  private static func quantized(_ features: Matrix, row: Int) throws(FedMedError) -> [Double] {
    let values = features.row(row)
    let square = values.reduce(0.0) { $0 + Double($1) * Double($1) }
    guard square > 0, square.isFinite else {
      throw FedMedError(
        .badData, "training sample \(row + 1) has features that are all zero or not finite")
    }
    let scale = unitsInOne / square.squareRoot()
    var vector = values.map { trunc(scale * Double($0)) }
    // Rounding in the norm could leave the sum of squares one unit too large.
    while vector.reduce(0, { $0 + $1 * $1 }) > unitsInOne * unitsInOne {
      let largest = vector.indices.max { vector[$0].magnitude < vector[$1].magnitude } ?? 0
      vector[largest] -= vector[largest] > 0 ? 1 : -1
    }
    return vector
  }

  /// min(1, Δ/‖contribution‖) of a unit's samples.
  private static func scale(_ vectors: [[Double]], _ labels: [Int], _ classes: Int) -> Double {
    // ‖Σ q qᵀ‖² = Σ_ij (q_i · q_j)², and class sums need the products of the same class only.
    var (moments, sums) = (0.0, 0.0)
    let unit = unitsInOne * unitsInOne
    for i in vectors.indices {
      for j in vectors.indices {
        let product = zip(vectors[i], vectors[j]).reduce(0) { $0 + $1.0 * $1.1 } / unit
        moments += product * product
        if labels[i] == labels[j] { sums += product }
      }
    }
    let counts = (0..<classes).reduce(0.0) { total, label in
      let count = Double(labels.count { $0 == label })
      return total + count * count
    }
    let (a, b, c) = weights
    let norm = (a * a * moments + b * b * sums + c * c * counts).squareRoot()
    return min(1, sensitivity / norm)
  }

  /// Adds a unit's contribution, scaled and truncated toward zero, which cannot lengthen it.
  private mutating func add(_ vectors: [[Double]], _ labels: [Int], scaledBy scale: Double) {
    var place = 0
    for i in 0..<dimension {
      for j in i..<dimension {
        moments[place] += Int64(scale * vectors.reduce(0) { $0 + $1[i] * $1[j] })
        place += 1
      }
    }
    for label in Set(labels) {
      let own = vectors.indices.filter { labels[$0] == label }
      for j in 0..<dimension {
        sums[label * dimension + j] += Int64(scale * own.reduce(0) { $0 + vectors[$1][j] })
      }
      counts[label] += Int64(scale * Self.unitsInOne * Double(own.count))
    }
  }

  /// Adds the products of a block: whole numbers below 2⁵³, so doubles are exact.
  private mutating func flush(_ block: inout DoubleMatrix, _ filled: inout Int) {
    guard filled > 0 else { return }
    var products = DoubleMatrix(rows: dimension, columns: dimension)
    products.addProduct(block, rows: filled, transposing: true)
    var place = 0
    for i in 0..<dimension {
      for j in i..<dimension {
        moments[place] += Int64(products[i, j])
        place += 1
      }
    }
    filled = 0
  }
}

/// Noise.
extension PrivateStatistics {
  /// The variances of the noise, in squared units of each part.
  struct Variances: Equatable {
    /// Of the diagonal of the second moments; elements off the diagonal stand for two of the matrix
    /// and have half of it.
    let diagonal: UInt128
    let offDiagonal: UInt128
    let sums: UInt128
    let counts: UInt128

    /// - Parameters:
    ///   - multiplier: m, the noise on a query of sensitivity 1 in all.
    ///   - shares: how many sites share the noise: each adds this part of the variance.
    init(multiplier: Double, shares: Int = 1) {
      func variance(_ weight: Double, _ units: Double, _ part: Double = 1) -> UInt128 {
        let deviation = multiplier * PrivateStatistics.sensitivity / weight * units
        return UInt128((part * deviation * deviation / Double(shares)).rounded(.up))
      }
      let units = PrivateStatistics.unitsInOne
      diagonal = variance(weights.moments, units * units)
      offDiagonal = variance(weights.moments, units * units, 0.5)
      sums = variance(weights.sums, units)
      counts = variance(weights.counts, units)
    }
  }

  /// Adds discrete Gaussian noise.
  /// - Throws: `ioError` if there are no random bytes.
  mutating func addNoise(
    _ variances: Variances, from random: inout some RandomSource
  ) throws(FedMedError) {
    let (diagonal, offDiagonal) = (
      DiscreteGaussian(variance: variances.diagonal),
      DiscreteGaussian(variance: variances.offDiagonal)
    )
    var place = 0
    for i in 0..<dimension {
      for j in i..<dimension {
        moments[place] += try (i == j ? diagonal : offDiagonal).sample(from: &random)
        place += 1
      }
    }
    let own = DiscreteGaussian(variance: variances.sums)
    for index in sums.indices { sums[index] += try own.sample(from: &random) }
    let small = DiscreteGaussian(variance: variances.counts)
    for index in counts.indices { counts[index] += try small.sample(from: &random) }
  }
}
