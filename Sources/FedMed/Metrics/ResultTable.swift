/// The paper's table: a row for each site, then Global, then AVG, the mean of the rows above it.
public struct ResultTable: Sendable {
  /// The name of the site that was held out.
  public static let global = "Global"

  public struct Row: Equatable, Sendable {
    public let site: String
    public let samples: Int
    /// As the table's predictors; nil where a site has no such predictor or no samples.
    public let values: [Double?]
  }

  /// FAM, MLP and ensemble, and the calibrated ensemble where any site has one; the others stand
  /// there with their ensemble.
  public let predictors: [Report.Predictor]
  public let rows: [Row]

  public init(_ reports: TestReports, score: Score) {
    let predictors = Report.Predictor.allCases.filter { predictor in
      predictor != .calibrated || reports.sites.contains { $0.report.scores[predictor] != nil }
    }
    let sites = reports.sites.map { report in
      Row(
        site: report.site, samples: report.report.total,
        values: predictors.map { predictor in
          let own =
            predictor == .calibrated ? report.report.final : report.report.scores[predictor]
          return own?.values[score]
        })
    }
    let means = predictors.indices.map { column in
      let values = sites.compactMap { $0.values[column] }
      return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
    let samples = sites.reduce(0) { $0 + $1.samples }
    rows = sites + [Row(site: "AVG", samples: samples, values: means)]
    self.predictors = predictors
  }
}

/// Reports of different sites on one model and split, in the order of the paper's table.
public struct TestReports: Sendable {
  /// By name, Global last.
  public let sites: [SiteReport]

  /// - Throws: `badData` for a validation report, reports of different models, or two from one
  ///   site.
  public init(_ reports: [SiteReport]) throws(FedMedError) {
    sites = reports.sorted { a, b in
      let (last, other) = (a.site == ResultTable.global, b.site == ResultTable.global)
      return last == other ? a.site.precedes(b.site) : other
    }
    for (index, report) in sites.enumerated() {
      guard report.report.split != Split.validation.rawValue else {
        throw FedMedError(
          .badData, "a validation report holds counts alone", file: report.name)
      }
      guard index == 0 || report.site != sites[index - 1].site else {
        throw FedMedError(
          .badData, "site '\(report.site)' reported in \(sites[index - 1].name) too",
          file: report.name)
      }
      guard report.report.split == sites[0].report.split else {
        throw FedMedError(
          .badData,
          "of the \(report.report.split) split, \(sites[0].name) of \(sites[0].report.split)",
          file: report.name)
      }
      guard report.manifest.parent == sites[0].manifest.parent else {
        throw FedMedError(
          .badData, "reports on another model than \(sites[0].name)", file: report.name)
      }
    }
  }
}
