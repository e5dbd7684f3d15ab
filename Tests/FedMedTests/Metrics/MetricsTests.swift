import Testing

@testable import FMArchive
@testable import FMBase
@testable import FMMetrics
@testable import FMNumerics

struct MetricsTests {
  struct Values: Decodable {
    // The file's own keys.
    // swift-format-ignore
    let accuracy, balanced_accuracy, macro_f1, macro_precision, macro_recall: Double
    // swift-format-ignore
    let macro_auc_ovr, macro_average_precision, log_loss, brier, cohen_kappa, matthews: Double
    // swift-format-ignore
    let ece_10, ece_15, specificity_macro: Double
  }

  @Test func agreesWithScikitLearn() throws {
    let probabilities = try Golden.array("metrics/probabilities").matrix
    let labels = try Golden.array("metrics/labels").integers
    let expected: Values = try Golden.json("metrics/values.json")
    let confusion = ConfusionMatrix(
      truth: labels, predicted: Predictions.classes(probabilities), classes: 5)
    let counts = try Golden.array("metrics/confusion").integers
    #expect(confusion.counts.flatMap { $0 } == counts)
    #expect(abs(confusion.accuracy - expected.accuracy) < 1e-9)
    #expect(abs(confusion.balancedAccuracy - expected.balanced_accuracy) < 1e-9)
    #expect(abs(confusion.macroF1 - expected.macro_f1) < 1e-9)
    #expect(abs(confusion.macroPrecision - expected.macro_precision) < 1e-9)
    #expect(abs(confusion.macroRecall - expected.macro_recall) < 1e-9)
  }

  /// Class 2 does not occur, class 1 is never predicted, class 3 is predicted but has no samples.
  @Test func absentClassesAgreeWithScikitLearn() {
    let confusion = ConfusionMatrix(truth: [0, 0, 1], predicted: [0, 3, 0], classes: 4)
    #expect(confusion.balancedAccuracy == 0.25)
    #expect(abs(confusion.macroPrecision - 0.5 / 3) < 1e-12)
    #expect(abs(confusion.macroRecall - 0.5 / 3) < 1e-12)
    #expect(abs(confusion.macroF1 - 0.5 / 3) < 1e-12)
  }

  @Test func validationReportsContainOnlyCounts() throws {
    let matrix = Matrix(rows: 2, columns: 2, elements: [1, 0, 1, 0])
    let predictions = Predictions(fam: matrix, mlp: matrix, ensemble: matrix)
    let report = try Report(
      split: .validation, predictions: predictions, labels: [0, 1], names: ["a", "b"], minimum: 1,
      file: "f")
    #expect(
      report.json.line
        == #"{"split": "validation", "total": 2, "minCount": 1, "ensemble": {"correct": 1}}"#)
    let test = try Report(
      split: .test, predictions: predictions, labels: [0, 1], names: ["a", "b"], minimum: 1,
      file: "f")
    #expect(test.scores["fam"]?.values[.accuracy] == 0.5)
    #expect(test.scores["ensemble"]?.values[.accuracy] == 0.5)
  }

  private func golden() throws -> LabeledProbabilities {
    try LabeledProbabilities(
      classes: 5, values: Golden.array("metrics/probabilities").values,
      labels: Golden.array("metrics/labels").integers, file: "golden")
  }

  @Test func probabilityScoresAgreeWithScikitLearn() throws {
    let predictions = try golden()
    let expected: Values = try Golden.json("metrics/values.json")
    let ranked = (0..<5).map { RankedScores(predictions, class: $0) }
    func mean(_ values: [Double?]) -> Double { values.reduce(0) { $0 + ($1 ?? .nan) } / 5 }
    let confusion = predictions.confusion
    func error(_ bins: Int) -> Double {
      ReliabilityTable(predictions, bins: bins, binning: .width).calibrationError
    }
    for (ours, theirs) in [
      (mean(ranked.map(\.auc)), expected.macro_auc_ovr),
      (mean(ranked.map(\.averagePrecision)), expected.macro_average_precision),
      (predictions.logLoss, expected.log_loss), (predictions.brier, expected.brier),
      (confusion.kappa, expected.cohen_kappa), (confusion.matthews, expected.matthews),
      (confusion.macroSpecificity, expected.specificity_macro), (error(10), expected.ece_10),
      (error(15), expected.ece_15),
    ] {
      #expect(abs(ours - theirs) < 1e-9)
    }
  }

  @Test func curvesAgreeWithScikitLearn() throws {
    let ranked = (0..<5).map { c in try? RankedScores(golden(), class: c) }.compactMap { $0 }
    let falses = try Golden.array("metrics/roc_class0_fpr").values
    let trues = try Golden.array("metrics/roc_class0_tpr").values
    #expect(ranked[0].points.count == falses.count)
    for (point, (x, y)) in zip(ranked[0].points, zip(falses, trues)) {
      #expect(abs(1 - ranked[0].specificity(point) - x) < 1e-9)
      #expect(abs(ranked[0].sensitivity(point) - y) < 1e-9)
    }
    let thresholds = try Golden.array("metrics/net_benefit_thresholds").values
    let benefits = try Golden.array("metrics/net_benefit").values
    for (row, threshold) in thresholds.enumerated() {
      for c in 0..<5 {
        #expect(abs(ranked[c].netBenefit(at: threshold) - benefits[row * 5 + c]) < 1e-9)
      }
    }
  }

  private func small(
    _ values: [Double], _ labels: [Int], classes: Int = 2
  ) throws -> LabeledProbabilities {
    try LabeledProbabilities(classes: classes, values: values, labels: labels, file: "t")
  }

  /// The order of the samples has no effect.
  @Test func tiesCountHalf() throws {
    let values = [0.5, 0.5, 0.5, 0.5, 0.2, 0.8, 0.8, 0.2]
    let ranked = RankedScores(try small(values, [1, 0, 1, 0]), class: 1)
    // Pairs of a positive (.5, .8) and a negative (.5, .2) count ½, 1, 1 and 1.
    #expect(ranked.auc == 3.5 / 4)
    #expect(ranked.points.count == 4)
    #expect(ranked.sensitivity(atSpecificity: 1) == 0.5)
    #expect(ranked.specificity(atSensitivity: 1) == 0.5)
    #expect(ranked.netBenefitOfAll(at: 0.5) == 0)
  }

  @Test func undefinedScoresAreNil() throws {
    let one = ScoreList(
      try small([1, 0, 0], [0], classes: 3), names: ["a", "b", "c"])
    #expect(one.value(of: "accuracy") == 1)
    #expect(one.value(of: "macro_auc") == nil)
    #expect(one.value(of: "cohen_kappa") == nil)
    #expect(one.value(of: "matthews") == 0)
    #expect(one.entries.first { $0.name == "recall" && $0.label == "b" }?.value == nil)
    let demand = try #require(Requirement("macro_auc>=.1"))
    #expect(!demand.isMet(by: one.value(of: "macro_auc")))
  }

  @Test func comparesRequirements() {
    for (text, value, isMet) in [
      ("a>=.7", 0.7, true), ("a>.7", 0.7, false), ("a <= 0.5", 0.5, true), ("a<1e-3", 0.1, false),
    ] {
      #expect(Requirement(text)?.isMet(by: value) == isMet)
    }
    for text in ["", "a", "a=1", "a>=", "a>=x", ">=1", "a>=1 b"] {
      #expect(Requirement(text) == nil)
    }
  }

  /// A confidence of exactly 1 belongs to the last bin, and one on a border to the bin below it.
  @Test func assignsBordersToTheLowerBin() throws {
    let values = [1, 0, 0.5, 0.5, 0.75, 0.25, 0.6, 0.4]
    let table = ReliabilityTable(try small(values, [0, 1, 1, 0]), bins: 4, binning: .width)
    #expect(table.bins.map(\.count) == [1, 2, 1])
    #expect(table.bins.map(\.upper) == [0.5, 0.75, 1])
    #expect(table.bins.map(\.correct) == [0, 1, 1])
    let mass = ReliabilityTable(try small(values, [0, 1, 1, 0]), bins: 2, binning: .mass)
    #expect(mass.bins.map(\.count) == [2, 2])
    #expect(mass.bins.map(\.correct) == [1, 1])
  }

  @Test func refusesNumbersThatAreNotProbabilities() throws {
    func message(_ values: [Double], _ labels: [Int]) -> String? {
      do throws(FedMedError) {
        _ = try LabeledProbabilities(classes: 2, values: values, labels: labels, file: "t")
        return nil
      } catch { return error.description }
    }
    #expect(message([], []) == "t: no samples")
    #expect(message([0.5, 0.6], [0]) == "t: sample 1: the probabilities sum to 1.1, expected 1")
    #expect(message([0.5, 0.5, -0.1, 1.1], [0, 0]) == "t: sample 2: -0.1 is not a probability")
    #expect(message([.nan, 0.5], [0]) == "t: sample 1: nan is not a probability")
    #expect(message([0.5, 0.5], [2]) == "t: sample 1: label 2, must be between 0 and 1")
    #expect(message([0.5, 0.5004], [1]) == nil)
  }
}
