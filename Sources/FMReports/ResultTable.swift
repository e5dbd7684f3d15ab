import FMArchive
import FMBase
import FMMetrics

/// The table of the paper: a row for each site, one for Global, and one for AVG, the mean of the
/// rows above it.
public struct ResultTable: Sendable {
  /// A row of the table.
  public struct Row: Equatable, Sendable {
    /// The name of the site; `AVG` for the mean.
    public let site: String
    /// The number of samples.
    public let samples: Int
    /// The score of each of the table's predictors; `nil` if the site has no such predictor or too
    /// few samples.
    public let values: [Double?]
    /// The number of classes that the site's report hides because they have few samples; 0 for AVG.
    public let hiddenClasses: Int
    /// The ε of the model's training; `nil` without differential privacy, and for AVG.
    public let epsilon: Double?
  }

  /// The method's predictors, followed by `calibrated` if any site has it; for sites without it,
  /// that column has the score of their final predictor.
  public let predictors: [String]
  /// The rows: the sites by name, Global and AVG.
  public let rows: [Row]

  /// Computes the table of one score.
  public init(_ reports: TestReports, score: Score) {
    let isCalibrated = reports.sites.contains { $0.report.scores[Report.calibrated] != nil }
    // Sites without training samples have no predictor `alone`; the longest list is complete.
    let longest = reports.sites.map(\.scored.predictors).max { $0.count < $1.count }
    let predictors = (longest ?? []) + (isCalibrated ? [Report.calibrated] : [])
    let sites = reports.sites.map { report in
      Row(
        site: report.site, samples: report.report.total,
        values: predictors.map { predictor in
          let own =
            predictor == Report.calibrated ? report.report.final : report.report.scores[predictor]
          return report.report.isDefined(score) ? own?.values[score] : nil
        }, hiddenClasses: report.report.hiddenClasses, epsilon: report.scored.epsilon)
    }
    let means = predictors.indices.map { column in
      let values = sites.compactMap { $0.values[column] }
      return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
    let samples = sites.reduce(0) { $0 + $1.samples }
    rows =
      sites + [Row(site: "AVG", samples: samples, values: means, hiddenClasses: 0, epsilon: nil)]
    self.predictors = predictors
  }
}

/// Reports of different sites on the same model and split, in the order of the paper's table.
public struct TestReports: Sendable {
  /// The reports by site name, Global last.
  public let sites: [SiteReport]

  /// Selects the reports that belong together: those on the model and split that most of them have.
  /// - Parameters:
  ///   - reports: the reports, in any order.
  ///   - refuse: called with the reason for each report that is a validation report, is on another
  ///     model or split, or is a site's second one. If it does not throw, the report is discarded.
  /// - Throws: the error that `refuse` throws, by default `badData`.
  public init(
    _ reports: [SiteReport],
    refuse: (FedMedError) throws(FedMedError) -> Void = { error throws(FedMedError) in throw error }
  ) throws(FedMedError) {
    let sorted = reports.sorted { a, b in
      let (last, other) = (a.site == Name.global, b.site == Name.global)
      return last == other ? a.site.precedes(b.site) : other
    }
    let support = sorted.map { report in
      sorted.count {
        $0.scored.parent == report.scored.parent && $0.report.split == report.report.split
      }
    }
    // On a tie, the first one counts.
    let model = support.max().flatMap(support.firstIndex).map { sorted[$0] }
    var sites: [SiteReport] = []
    for report in sorted {
      let reason: String?
      if report.report.split == Split.validation.rawValue {
        reason = "expected a test report, found a validation report"
      } else if let first = sites.last, first.site == report.site {
        reason = "duplicate report of site '\(report.site)', also in \(first.name)"
      } else if let model, report.report.split != model.report.split {
        reason =
          "expected the \(model.report.split) split, that of \(model.name), "
          + "found \(report.report.split)"
      } else if let model, report.scored.parent != model.scored.parent {
        reason = "reports on another model than \(model.name)"
      } else {
        reason = nil
      }
      if let reason {
        try refuse(FedMedError(.badData, reason, file: report.name))
      } else {
        sites.append(report)
      }
    }
    self.sites = sites
  }
}
