import Testing

@testable import FMArchive
@testable import FMLayers
@testable import FMMethods
@testable import FMNumerics

struct ActiveRowsTests {
  /// Few active rows are multiplied separately, many together with the others.
  @Test(arguments: [(9, 2), (300, 3), (300, 2), (512, 20)])
  func productsEqualThoseOfAllRows(n: Int, oneIn: Int) {
    let mask = (0..<n).map { Float($0 % oneIn == oneIn - 1 ? 1 : 0) }
    for mask in [mask, mask.map { 1 - $0 }] {
      let (x, w) = (randomMatrix(32, 40), randomMatrix(n, 40))
      var g = randomMatrix(32, n)
      for row in 0..<32 { for i in 0..<n { g[row, i] *= mask[i] } }
      var rows = ActiveRows(inputs: 40)
      rows.select(mask)

      var (y, all) = (Matrix(rows: 32, columns: n, repeating: 7), Matrix(rows: 32, columns: n))
      rows.product(x, transposing: w, into: &y)
      all.product(x, transposing: w)
      for row in 0..<32 {
        for i in 0..<n where mask[i] > 0 { #expect(abs(y[row, i] - all[row, i]) < 1e-5) }
      }
      var (dx, allDx) = (Matrix(rows: 32, columns: 40), Matrix(rows: 32, columns: 40))
      rows.product(g, w, into: &dx)
      allDx.product(g, w)
      #expect(zip(dx.elements, allDx.elements).allSatisfy { abs($0 - $1) < 1e-4 })
      var (dw, allDw) = (
        Matrix(rows: n, columns: 40, repeating: 7), Matrix(rows: n, columns: 40, repeating: 7)
      )
      rows.product(transposing: g, x, addingTo: &dw)
      allDw.product(transposing: g, x, adding: true)
      #expect(zip(dw.elements, allDw.elements).allSatisfy { abs($0 - $1) < 1e-5 })
    }
  }

  /// A module with mostly inactive rows gives the same output with and without a backward pass.
  @Test func evaluationAgreesWithTraining() throws {
    var random = RandomStream(seed: 4, purpose: .featureAdaptation)
    var fam = FeatureAdaptation(dimension: 48, random: &random)
    var tensors = fam.tensors()
    for i in tensors.indices where tensors[i].name.hasSuffix("threshold") {
      for row in 0..<48 where row % 3 > 0 { tensors[i].values[row] = 0.5 }
    }
    try fam.load(TensorTable(tensors))
    let x = randomMatrix(20, 48)
    fam.forward(x)
    let trained = fam.adapted
    #expect(fam.layer1.mask.count { $0 } == 16)
    fam.evaluate(randomMatrix(20, 48, seed: 9))
    fam.evaluate(x)
    #expect(zip(fam.adapted.elements, trained.elements).allSatisfy { abs($0 - $1) < 1e-6 })
  }
}
