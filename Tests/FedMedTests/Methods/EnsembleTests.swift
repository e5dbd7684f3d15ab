import Glibc
import Testing

@testable import FMMethods
@testable import FMNumerics

struct EnsembleTests {
  @Test func entropyHasAFloor() {
    #expect(abs(Ensemble.entropy([0.5, 0.5]) - log(2)) < 1e-7)
    #expect(Ensemble.entropy([1, 0]) == 0)
    // A probability p below the floor contributes −p log 1e-12.
    let tiny = Double(Float(1e-20))
    #expect(abs(Ensemble.entropy([1e-20]) - tiny * -log(1e-12)) < 1e-30)
  }

  /// The more certain predictor has more weight: ϖ weights the MLP by the entropy of FAM.
  @Test func weightIsTheEntropyOfTheOther() {
    #expect(Ensemble.weight(visual: [1, 0], local: [0.5, 0.5]) == 0)
    #expect(abs(Ensemble.weight(visual: [0.5, 0.5], local: [1, 0]) - 1) < 1e-9)
    #expect(abs(Ensemble.weight(visual: [0.3, 0.7], local: [0.7, 0.3]) - 0.5) < 1e-9)
    #expect(Ensemble.weight(visual: [1, 0], local: [0, 1]) == 0)
  }

  @Test func ensembleIsTheWeightedMean() throws {
    var random = RandomStream(seed: 1, purpose: .localClassifier)
    let fam = FeatureAdaptation(dimension: 8, random: &random)
    let mlp = LocalClassifier(dimension: 8, hidden: 6, classes: 3, random: &random)
    // There are more samples than fit in one batch.
    let features = randomMatrix(Ensemble.batch + 3, 8)
    let texts = ClassTexts(features: randomMatrix(3, 8, seed: 5), logitScale: 20)
    let both = Ensemble.predict(features, fam: fam, mlp: mlp, texts: texts)
    let local = try #require(both.mlp)
    #expect(both.ensemble.rows == features.rows)
    for i in 0..<features.rows {
      let weight = Ensemble.weight(visual: both.fam.row(i), local: local.row(i))
      for c in 0..<3 {
        let expected = weight * Double(local[i, c]) + (1 - weight) * Double(both.fam[i, c])
        #expect(abs(Double(both.ensemble[i, c]) - expected) < 1e-6)
      }
    }
    let alone = Ensemble.predict(features, fam: fam, mlp: nil, texts: texts)
    #expect(alone.mlp == nil)
    #expect(alone.ensemble == both.fam)
    #expect(alone.fam == both.fam)
  }

  @Test func predictsNothingForNoSamples() {
    var random = RandomStream(seed: 1, purpose: .localClassifier)
    let fam = FeatureAdaptation(dimension: 4, random: &random)
    let result = Ensemble.predict(
      Matrix(rows: 0, columns: 4), fam: fam, mlp: nil,
      texts: ClassTexts(features: randomMatrix(2, 4), logitScale: 100))
    #expect(result.ensemble.rows == 0)
    #expect(Predictions.classes(result.ensemble).isEmpty)
  }

  @Test func predictsTheFirstClassOnATie() {
    #expect(
      Predictions.classes(Matrix(rows: 2, columns: 3, elements: [0.2, 0.4, 0.4, 1, 0, 0])) == [
        1, 0,
      ])
  }
}
