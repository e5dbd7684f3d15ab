import FMBase
import FMNumerics

/// Sufficient statistics of Gaussian classes with a common covariance, over unit features u = x/‖x‖
/// [D] with classes y: n_c [C], s_c = Σ u [C, D] and G = Σ u uᵀ [D, D] (Guan et al., AAAI 2025,
/// arXiv 2503.06962; He et al., CVPR 2025, arXiv 2405.16240).
struct GaussianStatistics {
  /// n_c [C].
  private(set) var counts: [Double]
  /// s_c [C, D].
  private(set) var sums: DoubleMatrix
  /// G [D, D]; only the upper triangle is used.
  private(set) var moments: DoubleMatrix
  /// The noise in them; `nil` if there is none.
  private(set) var noise: StatisticsNoise?

  /// The arrays of an update; G is stored as its upper triangle, row by row.
  static func layout(_ setting: MethodSetting) -> Layout {
    let (classes, size) = (setting.classes, setting.dimension)
    return [
      TensorShape("statistics/counts", [classes]),
      TensorShape("statistics/class_sums", [classes, size]),
      TensorShape("statistics/second_moments", [size * (size + 1) / 2]),
    ]
  }

  /// The number of samples summed at a time.
  private static let block = 256

  /// Computes the statistics of `features` [N, D].
  /// - Throws: `badData` if a sample's features are all zero, because they have no direction.
  init(_ features: Matrix, labels: [Int], classes: Int) throws(FedMedError) {
    let size = features.columns
    counts = [Double](repeating: 0, count: classes)
    sums = DoubleMatrix(rows: classes, columns: size)
    moments = DoubleMatrix(rows: size, columns: size)
    let rows = min(Self.block, labels.count)
    var units = DoubleMatrix(rows: rows, columns: size)
    for start in stride(from: 0, to: labels.count, by: rows) {
      let count = min(rows, labels.count - start)
      for row in 0..<count {
        guard units.normalize(features, row: start + row, into: row) else {
          throw FedMedError(
            .badData, "training sample \(start + row + 1) has features that are all zero")
        }
        counts[labels[start + row]] += 1
        sums.add(row: row, of: units, to: labels[start + row])
      }
      moments.addProduct(units, rows: count, transposing: true)
    }
  }

  /// Unpacks totals in units of 2⁻²⁴, in the order of the layout.
  init(_ totals: [IntegerTensor], _ setting: MethodSetting, noise: StatisticsNoise? = nil) {
    precondition(totals.count == 3)
    self.noise = noise
    let (classes, size) = (setting.classes, setting.dimension)
    counts = totals[0].doubles
    sums = DoubleMatrix(rows: classes, columns: size, elements: totals[1].doubles)
    moments = DoubleMatrix(rows: size, columns: size)
    let packed = totals[2].doubles
    var place = 0
    for row in 0..<size {
      moments.elements.replaceSubrange(
        row * size + row..<(row + 1) * size, with: packed[place..<place + size - row])
      place += size - row
    }
  }

  /// The arrays of an update: rounded to single precision, then to multiples of 2⁻²⁴, which single
  /// precision represents exactly.
  func tensors(_ layout: Layout) -> [Tensor] {
    var packed: [Double] = []
    packed.reserveCapacity(moments.rows * (moments.rows + 1) / 2)
    for row in 0..<moments.rows {
      packed += moments.elements[row * moments.rows + row..<(row + 1) * moments.rows]
    }
    return layout.tensors(
      [counts, sums.elements, packed].map { values in
        values.map { value in
          Float(
            (Double(Float(value)) * IntegerTensor.unitsInOne).rounded(.toNearestOrEven)
              / IntegerTensor.unitsInOne)
        }
      })
  }

  /// N, the number of samples.
  var total: Double { counts.reduce(0, +) }
}

/// Checks of a site's statistics, and values for guards.
extension GaussianStatistics {
  /// Checks that the statistics can be those of `samples` unit vectors. It overwrites the moments
  /// to save memory, because a server checks many updates of 2 MB each.
  /// - Throws: `badData` with the array and the contradiction.
  mutating func check(samples: Int, _ layout: Layout) throws(FedMedError) {
    func require(_ isPossible: Bool, _ array: Int, _ reason: String) throws(FedMedError) {
      guard isPossible else {
        throw FedMedError(.badData, reason, place: "\(layout[array].name).npy")
      }
    }
    if let noise { return try noise.check(self, require) }
    // Allows for single precision and for the rounding at each site.
    let slack = 1e-3 * max(total, 1)
    try require(
      counts.allSatisfy { $0 >= 0 && $0 == $0.rounded() }, 0,
      "must be non-negative whole numbers")
    try require(
      total == Double(samples), 0, "expected \(samples) samples, found \(Int(total))")
    for c in counts.indices {
      let row = sums.elements[c * sums.columns..<(c + 1) * sums.columns]
      let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      try require(
        norm <= counts[c] + slack, 1, "the sum of class \(c + 1) is too large for its count")
    }
    try require(
      (moments.trace - total).magnitude <= slack, 2,
      "expected a trace of \(Int(total)), found \(moments.trace)")
    // G − Σ s_c s_cᵀ/n_c is the scatter within the classes: its eigenvalues are non-negative up to
    // rounding.
    var means = sums
    for c in counts.indices where counts[c] > 0 {
      for j in 0..<sums.columns { means[c, j] /= counts[c].squareRoot() }
    }
    moments.addProduct(means, transposing: true, scale: -1)
    for j in 0..<moments.rows { moments[j, j] += 1e-5 * total + 1e-4 }
    try require(moments.decompose(), 2, "not the second moments of any samples")
  }

  /// The mean feature [D], and the trace of G over N, which is about 1 for any number of samples.
  var comparable: [Tensor] {
    let share = 1 / max(total, 1)
    let mean = (0..<sums.columns).map { j in
      Float(share * (0..<sums.rows).reduce(0) { $0 + sums[$1, j] })
    }
    return [
      Tensor(name: "mean", shape: [mean.count], values: mean),
      Tensor(name: "trace", shape: [1], values: [Float(share * moments.trace)]),
    ]
  }
}

extension DoubleMatrix {
  /// Writes u = x/‖x‖ of row `row` of `source` to row `target`.
  /// - Returns: false if x is zero.
  fileprivate mutating func normalize(_ source: Matrix, row: Int, into target: Int) -> Bool {
    var square = 0.0
    for value in source.row(row) { square += Double(value) * Double(value) }
    guard square > 0 else { return false }
    let scale = 1 / square.squareRoot()
    for (column, value) in source.row(row).enumerated() {
      self[target, column] = scale * Double(value)
    }
    return true
  }

  fileprivate mutating func add(row: Int, of source: DoubleMatrix, to target: Int) {
    for column in 0..<columns { self[target, column] += source[row, column] }
  }
}
