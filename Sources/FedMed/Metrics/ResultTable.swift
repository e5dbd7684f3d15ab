/// The paper's table: a row for each site, then Global, then AVG, the mean of the rows above it.
public struct ResultTable: Sendable {
  /// The name of the site that was held out.
  public static let global = "Global"

  /// A score that a report can hold.
  public enum Metric: String, CaseIterable, Sendable {
    case accuracy
    case balancedAccuracy = "balanced_accuracy"
    case macroF1 = "macro_f1"
    case macroPrecision = "macro_precision"
    case macroRecall = "macro_recall"

    public func value(_ scores: Report.Scores?) -> Double? {
      switch self {
      case .accuracy: scores?.accuracy
      case .balancedAccuracy: scores?.balancedAccuracy
      case .macroF1: scores?.macroF1
      case .macroPrecision: scores?.macroPrecision
      case .macroRecall: scores?.macroRecall
      }
    }
  }

  public struct Row: Equatable, Sendable {
    public let site: String
    public let samples: Int
    /// As `Report.Predictor.allCases`; nil where a site has no such predictor or no samples.
    public let values: [Double?]
  }

  public let rows: [Row]

  /// - Throws: `badData` for a validation report, reports of different models, or two from one
  ///   site.
  public init(_ reports: [SiteReport], metric: Metric) throws(FedMedError) {
    let sorted = reports.sorted { a, b in
      let (last, other) = (a.site == Self.global, b.site == Self.global)
      return last == other
        ? a.site.precedes(b.site) : other
    }
    for (index, report) in sorted.enumerated() {
      guard report.report.split != Split.validation.rawValue else {
        throw FedMedError(
          .badData, "a validation report holds counts alone", file: report.name)
      }
      guard index == 0 || report.site != sorted[index - 1].site else {
        throw FedMedError(
          .badData, "site '\(report.site)' reported in \(sorted[index - 1].name) too",
          file: report.name)
      }
      guard report.report.split == sorted[0].report.split else {
        throw FedMedError(
          .badData,
          "of the \(report.report.split) split, \(sorted[0].name) of \(sorted[0].report.split)",
          file: report.name)
      }
      guard report.manifest.parent == sorted[0].manifest.parent else {
        throw FedMedError(
          .badData, "reports on another model than \(sorted[0].name)", file: report.name)
      }
    }
    let sites = sorted.map { report in
      Row(
        site: report.site, samples: report.report.total,
        values: Report.Predictor.allCases.map { metric.value(report.report.scores(of: $0)) })
    }
    let means = Report.Predictor.allCases.indices.map { column in
      let values = sites.compactMap { $0.values[column] }
      return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
    let samples = sites.reduce(0) { $0 + $1.samples }
    rows = sites + [Row(site: "AVG", samples: samples, values: means)]
  }
}
