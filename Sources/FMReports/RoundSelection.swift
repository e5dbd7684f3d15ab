import FMArchive
import FMBase
import FMMetrics

/// The selection of the best round: the one with the highest mean validation accuracy of its sites.
public struct RoundSelection: Equatable, Sendable {
  /// The result of a round.
  public struct Score: Equatable, Sendable {
    /// The number of the round.
    public let round: Int
    /// The number of sites that reported validation samples.
    public let sites: Int
    /// The unweighted mean of the sites' accuracies, from 0 to 1; `nil` if no site has validation
    /// samples.
    public let accuracy: Double?
    /// Whether enough sites reported for the round to be a candidate.
    public let isCandidate: Bool
  }

  /// The scores by round.
  public let scores: [Score]
  /// The best round, on a tie the earlier one; `nil` if there is no candidate.
  public let best: Int?

  /// Compares rounds by their validation reports.
  /// - Parameters:
  ///   - reports: the reports on validation samples, in any order.
  ///   - minimumSites: the fewest sites that a candidate must have.
  ///   - refuse: called with the reason for each report that is on another split, on another model
  ///     of its round than most reports, or a site's second one on a round. If it does not throw,
  ///     the report is discarded.
  /// - Throws: the error that `refuse` throws, by default `badData`.
  public init(
    _ reports: [SiteReport], minimumSites: Int,
    refuse: (FedMedError) throws(FedMedError) -> Void = { error throws(FedMedError) in throw error }
  ) throws(FedMedError) {
    let byRound = Dictionary(grouping: reports, by: \.round)
    var rounds: [Int: [String: SiteReport]] = [:]
    for report in reports {
      let peers = byRound[report.round] ?? []
      func support(_ peer: SiteReport) -> Int {
        peers.count { $0.scored.parent == peer.scored.parent }
      }
      let reason: String?
      if report.report.split != Split.validation.rawValue {
        reason = "expected the validation split, found \(report.report.split)"
      } else if let other = peers.first(where: {
        $0.scored.parent != report.scored.parent && support($0) >= support(report)
      }) {
        reason = "reports on another model of round \(report.round) than \(other.name)"
      } else if let first = rounds[report.round]?[report.site] {
        reason =
          "duplicate report of site '\(report.site)' on round \(report.round), "
          + "also in \(first.name)"
      } else {
        reason = nil
      }
      if let reason {
        try refuse(FedMedError(.badData, reason, file: report.name))
      } else {
        rounds[report.round, default: [:]][report.site] = report
      }
    }
    scores = rounds.keys.sorted().map { round in
      // The order is fixed, because a sum of floating-point numbers depends on it.
      let sites = (rounds[round] ?? [:]).values.filter { $0.report.hasCounts }
        .sorted { $0.site.precedes($1.site) }
      let sum = sites.reduce(0.0) {
        $0 + Double($1.report.final?.correct ?? 0) / Double($1.report.total)
      }
      return Score(
        round: round, sites: sites.count,
        accuracy: sites.isEmpty ? nil : sum / Double(sites.count),
        isCandidate: sites.count >= max(minimumSites, 1))
    }
    var best: Score?
    for score in scores where score.isCandidate && score.accuracy ?? 0 > best?.accuracy ?? -1 {
      best = score
    }
    self.best = best?.round
  }
}
