import Foundation
import Testing

@testable import FMNumerics

struct ExponentialTests {
  /// The largest relative distance between `f` and `exact` at many points.
  private func distance(
    from lower: Float, to upper: Float, _ f: (Lanes) -> Lanes, _ exact: (Double) -> Double
  ) -> Double {
    let steps = 100_000
    var worst = 0.0
    for step in stride(from: 0, to: steps, by: Lanes.scalarCount) {
      var x = Lanes.zero
      for i in 0..<Lanes.scalarCount {
        x[i] = lower + (upper - lower) * Float(step + i) / Float(steps)
      }
      let y = f(x)
      for i in 0..<Lanes.scalarCount {
        let expected = exact(Double(x[i]))
        let error = (Double(y[i]) - expected).magnitude / max(expected.magnitude, 1e-37)
        worst = max(worst, error)
      }
    }
    return worst
  }

  private let unit = Double(Float.ulpOfOne) / 2

  @Test func exponentialIsAccurateToTwoUnits() {
    #expect(distance(from: -87.2, to: 88, { $0.exponential() }, exp) < 2 * unit)
    #expect(distance(from: -0.01, to: 0.01, { $0.exponential() }, exp) < 2 * unit)
  }

  @Test func handlesExtremeValues() {
    var x = Lanes.zero
    (x[0], x[1], x[2], x[3]) = (-.infinity, -88, .nan, 0)
    let y = x.exponential()
    #expect(y[0] == 0 && y[1] == 0 && y[2].isNaN && y[3] == 1)
  }

  /// A row whose length is not a multiple of sixteen is computed without changing the next one.
  @Test func fillsTails() {
    for count in [1, 15, 16, 17, 33] {
      var values = [Float](repeating: 7, count: count + 1)
      values.withUnsafeMutableBufferPointer { all in
        let row = UnsafeMutableBufferPointer(rebasing: all[..<count])
        row.fill { row.lanes(at: $0) + 1 }
      }
      #expect(values == [Float](repeating: 8, count: count) + [7])
    }
  }
}
