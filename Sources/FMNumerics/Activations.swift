/// Row-wise functions with their derivatives.
///
/// All work in place. In every backward function, `g` holds the gradient of the output on entry and
/// that of the input on return; `y` is the output.
package enum Activation {
  /// A row of numbers, changed in place.
  package typealias Row = UnsafeMutableBufferPointer<Float>

  /// y = max(x, 0).
  package static func rectify(_ x: Row) {
    x.fill { x.lanes(at: $0).rectified() }
  }

  /// Sets g to 0 if y ≤ 0; the derivative at 0 is 0.
  package static func rectifyBackward(_ g: Row, output y: UnsafeBufferPointer<Float>) {
    g.fill { g.lanes(at: $0).replacing(with: 0, where: y.lanes(at: $0) .<= 0) }
  }

  /// y = exp(x) / Σ exp(x).
  package static func softmax(_ x: Row) {
    var largest = -Float.infinity
    for value in x { largest = max(largest, value) }
    x.fill { (x.lanes(at: $0) - largest).exponential() }
    let scale = 1 / Sums.sum(UnsafeBufferPointer(x))
    x.fill { x.lanes(at: $0) * scale }
  }

  /// dx = y ⊙ (dy − Σ y dy).
  package static func softmaxBackward(_ g: Row, output y: UnsafeBufferPointer<Float>) {
    let mean = Sums.dot(y, UnsafeBufferPointer(g))
    g.fill { y.lanes(at: $0) * (g.lanes(at: $0) - mean) }
  }

  /// The ε of `standardize`.
  static let standardEpsilon: Float = 1e-5

  /// y = (x − mean) / √(variance + ε), with the biased variance and without an affine part.
  /// - Returns: 1/√(variance + ε), as `standardizeBackward` takes it.
  package static func standardize(_ x: Row) -> Float {
    let scale = 1 / (Sums.center(x) + standardEpsilon).squareRoot()
    x.fill { x.lanes(at: $0) * scale }
    return scale
  }

  /// dx = scale (dy − mean(dy) − y mean(dy ⊙ y)), with the `scale` that `standardize` returned.
  package static func standardizeBackward(
    _ g: Row, output y: UnsafeBufferPointer<Float>, scale: Float
  ) {
    let mean = Sums.sum(UnsafeBufferPointer(g)) / Float(g.count)
    let slope = Sums.dot(y, UnsafeBufferPointer(g)) / Float(g.count)
    g.fill { scale * (g.lanes(at: $0) - mean - y.lanes(at: $0) * slope) }
  }

  /// The lower bound of the norm in `normalize`.
  static let smallestNorm: Float = 1e-12

  /// y = x / max(‖x‖, 1e-12).
  /// - Returns: ‖x‖, as `normalizeBackward` takes it.
  package static func normalize(_ x: Row) -> Float {
    let norm = Sums.dot(UnsafeBufferPointer(x), UnsafeBufferPointer(x)).squareRoot()
    let scale = 1 / max(norm, smallestNorm)
    x.fill { x.lanes(at: $0) * scale }
    return norm
  }

  /// dx = (dy − y Σ y dy) / ‖x‖; if `norm` is below its bound, dx = dy / 1e-12.
  package static func normalizeBackward(_ g: Row, output y: UnsafeBufferPointer<Float>, norm: Float)
  {
    let along = norm < smallestNorm ? 0 : Sums.dot(y, UnsafeBufferPointer(g))
    let scale = 1 / max(norm, smallestNorm)
    g.fill { scale * (g.lanes(at: $0) - y.lanes(at: $0) * along) }
  }
}

extension Matrix {
  /// Calls `body` with the index and the elements of each row.
  mutating func updateRows(_ body: (Int, UnsafeMutableBufferPointer<Float>) -> Void) {
    let (rows, width) = (rows, columns)
    withMutableElements { x in
      for row in 0..<rows { body(row, x.row(row, of: width)) }
    }
  }

  /// Replaces each row by its softmax.
  package mutating func softmaxRows() {
    updateRows { Activation.softmax($1) }
  }

  /// Returns a copy whose rows are divided by their norms; rows of zeros stay zero.
  public func normalizedRows() -> Matrix {
    var result = self
    result.normalizeRows()
    return result
  }

  /// Divides each row by its norm; rows of zeros stay zero.
  package mutating func normalizeRows() {
    updateRows { _ = Activation.normalize($1) }
  }
}
