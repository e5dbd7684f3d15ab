import Testing

@testable import FMArchive
@testable import FMMetrics
@testable import FMNumerics
@testable import FMPages

struct ReportTests {
  private func predictions(_ count: Int, seed: UInt64) throws -> (Matrix, [Int]) {
    var matrix = randomMatrix(count, 3, seed: seed)
    for i in 0..<count { for c in 0..<3 { matrix[i, c] *= 4 } }
    matrix.softmaxRows()
    return (matrix, (0..<count).map { ($0 * 7 + Int(seed)) % 3 })
  }

  private func report(_ count: Int = 40, seed: UInt64 = 1) throws -> Report {
    let (matrix, labels) = try predictions(count, seed: seed)
    return try Report(
      split: .test, predictions: Predictions(fam: matrix, mlp: nil, ensemble: matrix),
      labels: labels, names: ["a", "b", "c"], minimum: 5, file: "f")
  }

  /// The counts at a threshold follow from the order of the probabilities.
  @Test func thresholdCountsMatchTheRanking() throws {
    let (matrix, labels) = try predictions(200, seed: 3)
    let all = try LabeledProbabilities(matrix, labels: labels, file: "f")
    for c in 0..<3 {
      let (counts, ranked) = (ThresholdCounts(all, class: c), RankedScores(all, class: c))
      #expect(counts.positives == ranked.positives && counts.negatives == ranked.negatives)
      for (index, threshold) in ThresholdCounts.thresholds.enumerated() {
        let point = ranked.points.last { $0.threshold >= threshold } ?? ranked.points[0]
        #expect(counts.truePositives[index] == point.truePositives)
        #expect(counts.falsePositives[index] == point.falsePositives)
        let curve = ClassCurve([(counts, 1)])
        #expect(abs(curve.netBenefit(index) - ranked.netBenefit(at: threshold)) < 1e-9)
      }
    }
    let thresholds = ThresholdCounts.thresholds
    #expect(thresholds.count == 111)
    #expect(zip(thresholds, thresholds.dropFirst()).allSatisfy { $0 < $1 })
  }

  /// The sum of the details of two sites equals the details of all their samples.
  @Test func detailsAddUp() throws {
    func details(_ predictions: LabeledProbabilities) -> Report.Details {
      let all = Disclosure(counts: [9, 9, 9], minimum: 1)
      return Report.Details(predictions, all, minimum: 1)
    }
    let parts = try [predictions(30, seed: 1), predictions(50, seed: 2)]
    let sum = try #require(
      Report.Details(
        adding: parts.map {
          details(try LabeledProbabilities($0.0, labels: $0.1, file: "f"))
        }))
    let both = try LabeledProbabilities(
      Matrix(rows: 80, columns: 3, elements: parts[0].0.elements + parts[1].0.elements),
      labels: parts[0].1 + parts[1].1, file: "f")
    let whole = details(both)
    #expect(sum.confusion == whole.confusion && sum.curves == whole.curves)
    #expect(sum.reliability.map(\.count) == whole.reliability.map(\.count))
    let list = ScoreList(both, names: ["a", "b", "c"])
    for (score, value) in sum.values {
      #expect(abs(value - (list.value(of: score.rawValue) ?? 9)) < 1e-12, "\(score)")
    }
  }

  @Test func readsReportsBack() throws {
    let report = try report()
    let read = try Report.read(report.json.text)
    #expect(read.json == report.json)
    try read.validate(classes: 3, file: "f")
    #expect(read.scores["ensemble"]?.values.count == Score.allCases.count)
  }

  /// A model may make no errors, and a site may have a single class.
  @Test(arguments: [
    [700, 900], [3000, 1, 1777], [0, 800, 0], [5, 6, 7], [1234, 2345, 3456],
  ]) func acceptsPerfectScores(counts: [Int]) throws {
    let labels = counts.enumerated().flatMap { Array(repeating: $0, count: $1) }
    var matrix = Matrix(rows: labels.count, columns: counts.count)
    for (row, label) in labels.enumerated() {
      // Each sample has a different confidence, and all predictions are correct.
      matrix[row, label] = 0.6 + 0.39 * Float(row) / Float(labels.count)
      for c in counts.indices where c != label {
        matrix[row, c] = (1 - matrix[row, label]) / Float(counts.count - 1)
      }
    }
    let report = try Report(
      split: .test, predictions: Predictions(fam: matrix, mlp: matrix, ensemble: matrix),
      labels: labels, names: counts.indices.map { "c\($0)" }, minimum: 5, file: "f")
    try report.validate(classes: counts.count, file: "f")
    for value in [Score.accuracy, .macroAveragePrecision, .macroAUC] {
      let score = report.scores["ensemble"]?.values[value] ?? 1
      #expect(score == 1, "\(value)")
    }
  }

  /// A report from outside may contain anything.
  @Test(arguments: [
    (#""correct": 1"#, #""correct": 41"#), (#""total": 40"#, #""total": 39"#),
    (#""total": 40"#, #""total": -1"#), (#""total": 40"#, #""total": 9223372036854775807"#),
    (#""accuracy": 0."#, #""accuracy": 7."#), (#""accuracy": 0."#, #""accuracy": 0.0"#),
    (#""split": "test""#, #""split": "tests""#), (#""cohenKappa": "#, #""cohenKappa": 0.0"#),
    (#""split": "test""#, #""split": "\u001b[2J""#), (#""minCount": 5"#, #""minCount": 0"#),
    (#""minCount": 5"#, #""minCount": 41"#), (#""confusion": [["#, #""confusion": [null, ["#),
    (#""brier": "#, #""brier": -"#),
    (#""confusion": [["#, #""confusion": [[9223372036854775807, "#),
    (#""confusion": [["#, #""confusion": [[-5, "#), (#""confusion": [["#, #""confusion": [[], ["#),
    (#""positives": 1"#, #""positives": 2"#), (#""truePositives": ["#, #""truePositives": [99, "#),
    (#""truePositives": ["#, #""truePositives": [], "x": ["#),
    (
      #""reliability": [{"#,
      #""reliability": [{"lower": 0, "upper": 0.1, "count": 9223372036854775807, "correct": 0, "confidence": 0}, {"#
    ),
    (#""auc": 0."#, #""auc": 1."#), (#""classes": [{"#, #""classes": [null, {"#),
    (#""threshold": 0."#, #""threshold": 0.000"#), (#""operating": ["#, #""operating": [null, "#),
    (#""upper": 0."#, #""upper": 7."#), (#""confidence": "#, #""confidence": 1e300, "y": "#),
  ])
  func refusesImpossibleReports(part: String, other: String) throws {
    let text = try report().json.line
    let range = try #require(text.firstRange(of: part))
    let changed = text[..<range.lowerBound] + other + text[range.upperBound...]
    #expect(
      failure {
        try Report.read(String(changed)).validate(classes: 3, file: "f")
      }?.code == .badData)
  }

  @Test func escapesNamesOnThePage() {
    #expect(HTML.escape("<b>&\"'x") == "&lt;b&gt;&amp;&quot;&#39;x")
    let plot = Plot(
      title: "</title><script>", description: "&", x: ("<x>", 0...1), y: ("y", 0...1),
      curves: [Plot.Curve(name: "n", points: [(0, 0), (1, 2)], style: .ofClass(0))])
    let svg = plot.svg(id: "p")
    #expect(!svg.contains("<script") && !svg.contains("<x>") && svg.contains("&lt;x&gt;"))
  }

  @Test func ticksAreRound() {
    #expect(Plot.ticks(0...1).map { ($0 * 10).rounded() / 10 } == [0, 0.2, 0.4, 0.6, 0.8, 1])
    #expect(Plot.ticks(1...50) == [10, 20, 30, 40, 50])
    for high in [1e-3, 0.07, 0.9, 3, 17, 460, 1e6] {
      let ticks = Plot.ticks(-high / 8...high)
      #expect((3...8).contains(ticks.count) && ticks.allSatisfy { $0 <= high * 1.0001 })
    }
  }
}
