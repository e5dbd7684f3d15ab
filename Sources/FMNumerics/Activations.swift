/// Functions of a row of numbers, each with its derivative beside it.
///
/// They work in place. In every backward function `g` comes in as the gradient of the output and
/// leaves as the gradient of the input; `y` is the output.
package enum Activation {
  package typealias Row = UnsafeMutableBufferPointer<Float>

  /// y = max(x, 0).
  package static func rectify(_ x: Row) {
    x.fill { x.lanes(at: $0).rectified() }
  }

  /// The derivative at 0 is 0.
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

  /// y = (x − mean) / √(variance + ε), with the biased variance; no affine part.
  /// - Returns: 1/√(variance + ε).
  package static func standardize(_ x: Row) -> Float {
    let scale = 1 / (Sums.centre(x) + standardEpsilon).squareRoot()
    x.fill { x.lanes(at: $0) * scale }
    return scale
  }

  /// dx = scale (dy − mean(dy) − y mean(dy ⊙ y)); `scale` is what `standardize` gave.
  package static func standardizeBackward(
    _ g: Row, output y: UnsafeBufferPointer<Float>, scale: Float
  ) {
    let mean = Sums.sum(UnsafeBufferPointer(g)) / Float(g.count)
    let slope = Sums.dot(y, UnsafeBufferPointer(g)) / Float(g.count)
    g.fill { scale * (g.lanes(at: $0) - mean - y.lanes(at: $0) * slope) }
  }

  /// The smallest norm that `normalize` divides by.
  static let smallestNorm: Float = 1e-12

  /// y = x / max(‖x‖, 1e-12).
  /// - Returns: ‖x‖.
  package static func normalize(_ x: Row) -> Float {
    let norm = Sums.dot(UnsafeBufferPointer(x), UnsafeBufferPointer(x)).squareRoot()
    let scale = 1 / max(norm, smallestNorm)
    x.fill { x.lanes(at: $0) * scale }
    return norm
  }

  /// dx = (dy − y Σ y dy) / ‖x‖; where the norm was at its floor, dx = dy / 1e-12.
  package static func normalizeBackward(_ g: Row, output y: UnsafeBufferPointer<Float>, norm: Float)
  {
    let along = norm < smallestNorm ? 0 : Sums.dot(y, UnsafeBufferPointer(g))
    let scale = 1 / max(norm, smallestNorm)
    g.fill { scale * (g.lanes(at: $0) - y.lanes(at: $0) * along) }
  }
}

extension Matrix {
  /// Gives `body` each row by its number.
  mutating func updateRows(_ body: (Int, UnsafeMutableBufferPointer<Float>) -> Void) {
    let (rows, width) = (rows, columns)
    withMutableElements { x in
      for row in 0..<rows { body(row, x.row(row, of: width)) }
    }
  }

  /// Each row becomes its softmax.
  package mutating func softmaxRows() {
    updateRows { Activation.softmax($1) }
  }

  /// A copy with every row divided by its norm.
  public func normalizedRows() -> Matrix {
    var result = self
    result.normalizeRows()
    return result
  }

  /// Divides every row by its norm.
  package mutating func normalizeRows() {
    updateRows { _ = Activation.normalize($1) }
  }
}
