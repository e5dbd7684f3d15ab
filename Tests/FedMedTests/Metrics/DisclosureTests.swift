import Testing

@testable import FMArchive
@testable import FMBase
@testable import FMMetrics
@testable import FMNumerics

/// No number in a report is based on few samples, nor can such a number be found by subtraction.
struct DisclosureTests {
  private func shown(_ counts: [Int], _ minimum: Int = 5) -> [Bool] {
    Disclosure(counts: counts, minimum: minimum).isShown
  }

  @Test func hidesSmallClassesWithTheNextSmallest() {
    #expect(shown([9, 8, 7]) == [true, true, true])
    #expect(shown([0, 5, 90]) == [true, true, true])
    // A single hidden class could be computed from the total and the others.
    #expect(shown([9, 1, 7, 30]) == [true, false, false, true])
    #expect(shown([3, 4, 20, 30]) == [false, false, true, true])
    // If a class is hidden, so are those without samples; otherwise it would be known to have some.
    #expect(shown([0, 1, 9, 30]) == [false, false, false, true])
    #expect(shown([0, 0, 9, 30]) == [true, true, true, true])
    #expect(shown([20, 20, 1, 1, 1, 1, 1, 0]) == [true, true] + Array(repeating: false, count: 6))
    // Two classes with three samples together are too few.
    #expect(shown([1, 2, 20, 30]) == [false, false, false, true])
    // Of two classes, both are hidden, because each is the rest of the other.
    #expect(shown([4, 100]) == [false, false])
    #expect(shown([1, 1, 1], 1) == [true, true, true])
  }

  /// For any counts, at least two classes are hidden, which together have at least the minimum.
  @Test func neverHidesASingleClass() {
    var random = RandomStream(seed: 1, purpose: .partition)
    for _ in 0..<2000 {
      let minimum = 1 + Int(random.below(8))
      let counts = (0..<1 + Int(random.below(6))).map { _ in Int(random.below(14)) }
      guard counts.reduce(0, +) >= minimum else { continue }
      let isShown = shown(counts, minimum)
      let hidden = zip(counts, isShown).filter { !$0.1 }.map(\.0)
      #expect(zip(counts, isShown).allSatisfy { $0 == 0 || $0 >= minimum || !$1 })
      // Classes without samples are shown only if nothing is hidden.
      #expect(hidden.isEmpty || zip(counts, isShown).allSatisfy { $0 > 0 || !$1 })
      #expect(
        hidden.isEmpty || hidden.count { $0 > 0 } > 1 && hidden.reduce(0, +) >= minimum
          || !zip(counts, isShown).contains { $0 > 0 && $1 })
    }
  }

  @Test func mergesBinsWithFewSamples() throws {
    let matrix = Matrix(
      rows: 9, columns: 2,
      elements: [0.51, 0.58, 0.66, 0.70, 0.71, 0.72, 0.91, 0.92, 0.99].flatMap { [$0, 1 - $0] })
    let all = try LabeledProbabilities(matrix, labels: [0, 1, 0, 0, 1, 0, 0, 0, 0], file: "f")
    let bins = ReliabilityTable(all, bins: 15, binning: .width).bins
    #expect(bins.map(\.count) == [1, 1, 1, 3, 2, 1])
    let merged = Disclosure.merged(bins, minimum: 3)
    #expect(merged.map(\.count) == [3, 3, 3])
    #expect(merged.map(\.correct) == [2, 2, 3])
    #expect(merged.first?.lower == bins.first?.lower && merged.last?.upper == bins.last?.upper)
    #expect(zip(merged, merged.dropFirst()).allSatisfy { $0.upper <= $1.lower })
    #expect(Disclosure.merged(bins, minimum: 5).map(\.count) == [9])
    #expect(Disclosure.merged(bins, minimum: 10).map(\.count) == [9])
  }

  /// The report of a site with the given number of samples of each class.
  private func report(_ counts: [Int], minimum: Int = 5, split: Split = .test) throws -> Report {
    let labels = counts.enumerated().flatMap { Array(repeating: $0, count: $1) }
    var matrix = randomMatrix(labels.count, counts.count, seed: 5)
    for (i, label) in labels.enumerated() { matrix[i, label] += 1 }
    matrix.softmaxRows()
    return try Report(
      split: split, predictions: Predictions(fam: matrix, mlp: matrix, ensemble: matrix),
      labels: labels, names: counts.indices.map { "c\($0)" }, minimum: minimum, file: "f")
  }

  @Test func omitsARareClass() throws {
    let report = try report([20, 30, 1, 8])
    let details = try #require(report.scores["ensemble"]?.details)
    #expect(details.hidden == [2, 3] && report.hiddenClasses == 2)
    #expect(details.confusion[2] == nil && details.curves[2] == nil)
    #expect(details.confusion[3] == nil && details.curves[3] == nil)
    // The totals reveal nine samples of two classes.
    #expect(report.total - details.visible.total == 9)
    #expect(details.reliability.allSatisfy { $0.count >= 5 })
    // Means over classes are those of the visible classes and reveal nothing about the others.
    for predictor in ["fam", "mlp", "ensemble"] {
      let values = try #require(report.scores[predictor]?.values)
      #expect(values[.balancedAccuracy] == details.visible.balancedAccuracy)
      #expect(values[.cohenKappa] == details.visible.kappa)
      #expect(values[.calibrationError] == details.values[.calibrationError])
    }
    try report.validate(classes: 4, file: "f")
    #expect(try Report.read(report.json.text) == report)
  }

  /// A step of a few samples would reveal their probabilities.
  @Test func curvesHaveStepsOfSeveralSamples() throws {
    for counts in [[25, 5, 10], [100, 101, 7], [5, 5, 5], [6, 0, 40]] {
      let report = try report(counts)
      let curves = try #require(report.scores["ensemble"]?.details?.curves)
      for (curve, count) in zip(curves, counts) {
        let curve = try #require(curve)
        #expect(curve.positives == count && curve.hasSteps(ofAtLeast: 5))
        #expect(curve.isValid)
      }
      try report.validate(classes: 3, file: "f")
    }
    // With a minimum of one, each sample has its own step.
    let exact = try #require(try report([25, 5, 10], minimum: 1).scores["ensemble"]?.details)
    #expect(exact.curves.compactMap { $0 }.contains { !$0.hasSteps(ofAtLeast: 5) })
  }

  /// Compares the minimum number of samples with one sample fewer.
  @Test(arguments: [Split.test, .validation])
  func reportsOnlyCountsOfFewSamples(split: Split) throws {
    let few = try report([2, 2], split: split)
    #expect(few.total == 4 && few.scores.isEmpty && !few.hasCounts)
    try few.validate(classes: 2, file: "f")
    #expect(few.json.line == #"{"split": "\#(split.rawValue)", "total": 4, "minCount": 5}"#)
    #expect(try report([2, 3], split: split).hasCounts)
    #expect(try report([2, 2], minimum: 1, split: split).hasCounts)
    let none = try report([0, 0], split: split)
    try none.validate(classes: 2, file: "f")
  }

  /// A report that reveals more than its minimum allows is refused.
  @Test func refusesReportsBelowTheirMinimum() throws {
    let open = try report([20, 30, 1, 8], minimum: 1)
    let text = open.json.line.replacing(#""minCount": 1"#, with: #""minCount": 5"#)
    #expect(failure { try Report.read(text).validate(classes: 4, file: "f") }?.code == .badData)
  }
}
