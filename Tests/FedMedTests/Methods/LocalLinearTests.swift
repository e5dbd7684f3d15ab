import Testing

@testable import FMBase
@testable import FMMethods
@testable import FMNumerics

/// Penalized logistic regression, compared with that of scikit-learn.
struct LocalLinearTests {
  @Test func minimumAgreesWithScikitLearn() throws {
    let inputs = try Golden.array("linear/features").matrix
    let labels = try Golden.array("linear/labels").integers
    var regression = LogisticRegression(inputs, labels: labels, classes: 3)
    let fit = regression.fit(
      penalty: 0.05, from: LogisticRegression.Fit(classes: 3, dimension: 8))
    let weight = try Golden.array("linear/free_weight").values
    let bias = try Golden.array("linear/free_bias").values
    for (a, b) in zip(fit.weight.elements, weight) { #expect(abs(a - b) < 1e-5) }
    for (a, b) in zip(fit.bias, bias) { #expect(abs(a - b) < 1e-5) }
  }

  /// Offsets take the place of intercepts.
  @Test func offsetsShiftTheLogits() throws {
    let inputs = try Golden.array("linear/features").matrix
    let labels = try Golden.array("linear/labels").integers
    var plain = LogisticRegression(inputs, labels: labels, classes: 3)
    let start = LogisticRegression.Fit(classes: 3, dimension: 8)
    let fit = plain.fit(penalty: 0.05, from: start)
    // With the intercepts of a fit as offsets, the new intercepts vanish.
    var offsets = DoubleMatrix(rows: 60, columns: 3)
    for row in 0..<60 { for c in 0..<3 { offsets[row, c] = fit.bias[c] } }
    var shifted = LogisticRegression(inputs, labels: labels, classes: 3, offsets: offsets)
    let other = shifted.fit(penalty: 0.05, from: start)
    for (a, b) in zip(fit.weight.elements, other.weight.elements) { #expect(abs(a - b) < 1e-4) }
    for value in other.bias { #expect(abs(value) < 1e-4) }
  }

  /// A site's fit predicts its own classes; a site without samples predicts equal probabilities.
  @Test func predictsFromASitesOwnSamples() throws {
    let x = try Golden.array("linear/features").matrix
    let labels = try Golden.array("linear/labels").integers
    let method = LocalLinear(MethodSetting(dimension: 8, classes: 3))
    let texts = ClassTexts(features: x.gathering(0..<3), logitScale: 1)
    let samples = Samples(x, labels: labels)
    let none = Samples(Matrix(rows: 0, columns: 8), labels: [])
    for validation in [samples, none] {
      let kept = try method.fit(samples, validation)
      let predicted = Predictions.classes(
        try method.predict(x, texts: texts, shared: [], kept: kept).final)
      #expect(zip(predicted, labels).count { $0 == $1 } > 40)
    }
    let empty = try method.predict(x, texts: texts, shared: [], kept: nil).final
    #expect(empty.elements.allSatisfy { abs($0 - 1.0 / 3) < 1e-6 })
    #expect(failure { _ = try method.fit(none, none) }?.reason == "no training samples")
  }
}
