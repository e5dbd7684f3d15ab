import Testing

@testable import FedMed

struct MetricsTests {
  struct Values: Decodable {
    // The file's own keys.
    // swift-format-ignore
    let accuracy, balanced_accuracy, macro_f1, macro_precision, macro_recall: Double
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

  /// Class 2 occurs nowhere, class 1 is never predicted, class 3 is predicted but not there.
  @Test func absentClassesFollowScikitLearn() {
    let confusion = ConfusionMatrix(truth: [0, 0, 1], predicted: [0, 3, 0], classes: 4)
    #expect(confusion.balancedAccuracy == 0.25)
    #expect(abs(confusion.macroPrecision - 0.5 / 3) < 1e-12)
    #expect(abs(confusion.macroRecall - 0.5 / 3) < 1e-12)
    #expect(abs(confusion.macroF1 - 0.5 / 3) < 1e-12)
  }

  @Test func validationReportsHoldCountsAlone() {
    let matrix = Matrix(rows: 2, columns: 2, elements: [1, 0, 1, 0])
    let predictions = Predictions(fam: matrix, mlp: matrix, ensemble: matrix)
    let report = Report(split: .validation, predictions: predictions, labels: [0, 1], classes: 2)
    #expect(
      report.json.line == #"{"split": "validation", "total": 2, "ensemble": {"correct": 1}}"#)
    let test = Report(split: .test, predictions: predictions, labels: [0, 1], classes: 2)
    #expect(test.fam?.accuracy == 0.5)
    #expect(test.ensemble.accuracy == 0.5)
  }
}
