import FMArchive
import FMBase
import FMMetrics

/// The paper's table: a row for each site, then Global, then AVG, the mean of the rows above it.
public struct ResultTable: Sendable {
  public struct Row: Equatable, Sendable {
    public let site: String
    public let samples: Int
    /// As the table's predictors; nil where a site has no such predictor, or too few samples.
    public let values: [Double?]
    /// How many classes the site's report hides, because they have few samples; 0 of the mean.
    public let hiddenClasses: Int
  }

  /// The method's predictors, and the calibrated one where any site has it; the others stand there with
  /// what they predict with.
  public let predictors: [String]
  public let rows: [Row]

  public init(_ reports: TestReports, score: Score) {
    let isCalibrated = reports.sites.contains { $0.report.scores[Report.calibrated] != nil }
    // Of a site without training samples there is nothing to compare with.
    let longest = reports.sites.map(\.scored.predictors).max { $0.count < $1.count }
    let predictors = (longest ?? []) + (isCalibrated ? [Report.calibrated] : [])
    let sites = reports.sites.map { report in
      Row(
        site: report.site, samples: report.report.total,
        values: predictors.map { predictor in
          let own =
            predictor == Report.calibrated ? report.report.final : report.report.scores[predictor]
          return own?.values[score]
        }, hiddenClasses: report.report.hiddenClasses)
    }
    let means = predictors.indices.map { column in
      let values = sites.compactMap { $0.values[column] }
      return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
    let samples = sites.reduce(0) { $0 + $1.samples }
    rows = sites + [Row(site: "AVG", samples: samples, values: means, hiddenClasses: 0)]
    self.predictors = predictors
  }
}

/// Reports of different sites on one model and split, in the order of the paper's table.
public struct TestReports: Sendable {
  /// By name, Global last.
  public let sites: [SiteReport]

  /// - Parameter refuse: what becomes of a validation report, of one of another model or split than
  ///   most, or of a site that reported already; it throws, or the report is left out.
  /// - Throws: `badData`, by `refuse`.
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
    // Of those with equally many the first.
    let model = support.max().flatMap(support.firstIndex).map { sorted[$0] }
    var sites: [SiteReport] = []
    for report in sorted {
      let reason: String?
      if report.report.split == Split.validation.rawValue {
        reason = "a validation report holds counts alone"
      } else if let twin = sites.last, twin.site == report.site {
        reason = "site '\(report.site)' reported in \(twin.name) too"
      } else if let model, report.report.split != model.report.split {
        reason = "of the \(report.report.split) split, \(model.name) of \(model.report.split)"
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
