import Testing

@testable import FMNumerics

/// A matrix of uniform numbers in ±1.
func randomMatrix(_ rows: Int, _ columns: Int, seed: UInt64 = 1) -> Matrix {
  var stream = RandomStream(seed: seed, site: "\(rows)x\(columns)", purpose: .partition)
  return stream.uniformMatrix(rows: rows, columns: columns, bound: 1)
}

struct ProductsTests {
  /// The sizes include small matrices and some that are cut into tiles along each side.
  @Test(arguments: [
    (1, 1, 1), (3, 4, 5), (32, 7, 17), (5, 300, 40), (70, 300, 40), (4, 9, 300), (300, 9, 5),
  ])
  func productsAgreeWithTheirDefinition(n: Int, k: Int, m: Int) {
    let (a, b) = (randomMatrix(n, k), randomMatrix(k, m))
    func transposed(_ x: Matrix) -> Matrix {
      var result = Matrix(rows: x.columns, columns: x.rows)
      for i in 0..<x.rows { for j in 0..<x.columns { result[j, i] = x[i, j] } }
      return result
    }
    var expected = [Double](repeating: 0, count: n * m)
    for i in 0..<n {
      for j in 0..<m {
        for l in 0..<k { expected[i * m + j] += Double(a[i, l]) * Double(b[l, j]) }
      }
    }
    // The error of sums of 32-bit floats grows with their length.
    let tolerance = 1e-6 * Double(max(k, 10))
    let golden = Golden.Values(shape: [n, m], values: expected)
    var result = Matrix(rows: n, columns: m, repeating: 9)
    result.product(a, b)
    #expect(absoluteError(result, golden) < tolerance)
    result.product(a, transposing: transposed(b))
    #expect(absoluteError(result, golden) < tolerance)
    var parts = Matrix(rows: 0, columns: 0)
    result.fill(9)
    result.product(a, byRowsOf: b, parts: &parts)
    #expect(absoluteError(result, golden) < tolerance)
    result.product(transposing: transposed(a), b)
    #expect(absoluteError(result, golden) < tolerance)
    result.product(a, b, adding: true)
    #expect(
      absoluteError(result, Golden.Values(shape: [n, m], values: expected.map { 2 * $0 }))
        < tolerance)
  }

  @Test func sumsAgreeWithTheirDefinitionForEveryRemainder() {
    for count in 0..<40 {
      let (x, y) = (randomMatrix(1, count, seed: 2), randomMatrix(1, count, seed: 3))
      let sums = x.withElements { x in
        y.withElements { y in [Sums.sum(x), Sums.magnitudes(x), Sums.dot(x, y)] }
      }
      let pairs = zip(x.elements.map(Double.init), y.elements.map(Double.init))
      let expected = [
        pairs.reduce(0) { $0 + $1.0 }, pairs.reduce(0) { $0 + abs($1.0) },
        pairs.reduce(0) { $0 + $1.0 * $1.1 },
      ]
      for (sum, value) in zip(sums, expected) { #expect(abs(Double(sum) - value) < 1e-5) }
    }
  }
}
