/// Minimization of smooth functions by L-BFGS (Liu and Nocedal 1989; Nocedal and Wright 2006,
/// algorithms 7.4 and 3.5), in double precision.
package enum LBFGS {
  /// The number of recent steps that approximate the Hessian.
  private static let memory = 10
  /// Constants of the Wolfe conditions: sufficient decrease, and curvature.
  private static let (decrease, curvature) = (1e-4, 0.9)

  /// Minimizes a convex function in place, starting from `x`, until the norm of the gradient is at
  /// most `tolerance`.
  /// - Parameters:
  ///   - iterations: the maximal number of steps.
  ///   - evaluate: writes the gradient at a point and returns the value there.
  /// - Returns: whether it converged.
  @discardableResult
  package static func minimize(
    _ x: inout [Double], tolerance: Double, iterations: Int,
    evaluate: (_ x: [Double], _ gradient: inout [Double]) -> Double
  ) -> Bool {
    var gradient = [Double](repeating: 0, count: x.count)
    var (point, slope) = (x, gradient)  // trial point of the line search, and its gradient
    var value = evaluate(x, &gradient)
    var pairs: [(s: [Double], y: [Double], rho: Double)] = []
    for _ in 0..<iterations {
      let norm = dot(gradient, gradient).squareRoot()
      guard norm > tolerance else { return true }
      var direction = self.direction(gradient, pairs)
      var descent = dot(gradient, direction)
      if !(descent < 0) {
        // Rounding errors have corrupted the approximation of the Hessian, so restart it.
        pairs = []
        direction = gradient.map { -$0 }
        descent = -norm * norm
      }
      // Bracket a step that meets the weak Wolfe conditions; it exists because the function is
      // convex.
      var (step, low, high) = (pairs.isEmpty ? min(1, 1 / norm) : 1, 0.0, Double.infinity)
      var (trial, isFound) = (value, false)
      for _ in 0..<60 {
        for i in x.indices { point[i] = x[i] + step * direction[i] }
        trial = evaluate(point, &slope)
        if !(trial <= value + decrease * step * descent) {
          high = step
        } else if dot(slope, direction) < curvature * descent {
          low = step
        } else {
          isFound = true
          break
        }
        step = high.isFinite ? (low + high) / 2 : 2 * step
      }
      // The remaining decrease is smaller than the rounding errors.
      guard isFound else { return false }
      let s = zip(point, x).map { $0 - $1 }
      let y = zip(slope, gradient).map { $0 - $1 }
      let product = dot(s, y)
      if product > 0 {
        if pairs.count == memory { pairs.removeFirst() }
        pairs.append((s, y, 1 / product))
      }
      (x, gradient, value) = (point, slope, trial)
    }
    return dot(gradient, gradient).squareRoot() <= tolerance
  }

  /// Returns −H g by the two-loop recursion over the last steps.
  private static func direction(
    _ gradient: [Double], _ pairs: [(s: [Double], y: [Double], rho: Double)]
  ) -> [Double] {
    var q = gradient.map { -$0 }
    var factors: [Double] = []
    for pair in pairs.reversed() {
      let factor = pair.rho * dot(pair.s, q)
      factors.append(factor)
      add(-factor, pair.y, to: &q)
    }
    if let last = pairs.last {
      let scale = 1 / (last.rho * dot(last.y, last.y))
      for i in q.indices { q[i] *= scale }
    }
    for (pair, factor) in zip(pairs, factors.reversed()) {
      add(factor - pair.rho * dot(pair.y, q), pair.s, to: &q)
    }
    return q
  }

  private static func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for i in a.indices { sum += a[i] * b[i] }
    return sum
  }

  private static func add(_ factor: Double, _ a: [Double], to b: inout [Double]) {
    for i in a.indices { b[i] += factor * a[i] }
  }
}
