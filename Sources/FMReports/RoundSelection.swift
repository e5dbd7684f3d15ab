import FMArchive
import FMBase
import FMMetrics

/// Which round is best: the one with the highest mean validation accuracy over its sites.
public struct RoundSelection: Equatable, Sendable {
  /// A round and what its sites reported.
  public struct Score: Equatable, Sendable {
    public let round: Int
    public let sites: Int
    /// The plain mean of the sites' accuracies; nil where no site has validation samples.
    public let accuracy: Double?
    /// Whether enough sites reported.
    public let competes: Bool
  }

  /// By round.
  public let scores: [Score]
  /// The best round, ties to the earlier one; nil where none competes.
  public let best: Int?

  /// - Parameters:
  ///   - reports: of the validation split; a site without validation samples has none to report.
  ///   - minimumSites: a round with fewer sites does not compete.
  ///   - refuse: what becomes of a report of another split, of another model of its round than most, or
  ///     of a site that reported the round already; it throws, or the report is left out.
  /// - Throws: `badData`, by `refuse`.
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
        reason = "of the \(report.report.split) split, expected validation"
      } else if let other = peers.first(where: {
        $0.scored.parent != report.scored.parent && support($0) >= support(report)
      }) {
        reason = "reports on another model of round \(report.round) than \(other.name)"
      } else if let twin = rounds[report.round]?[report.site] {
        reason = "site '\(report.site)' reported round \(report.round) in \(twin.name) too"
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
      // In a fixed order, because a sum of floats depends on it.
      let sites = (rounds[round] ?? [:]).values.filter { $0.report.hasCounts }
        .sorted { $0.site.precedes($1.site) }
      let sum = sites.reduce(0.0) {
        $0 + Double($1.report.final?.correct ?? 0) / Double($1.report.total)
      }
      return Score(
        round: round, sites: sites.count,
        accuracy: sites.isEmpty ? nil : sum / Double(sites.count),
        competes: sites.count >= max(minimumSites, 1))
    }
    var best: Score?
    for score in scores where score.competes && score.accuracy ?? 0 > best?.accuracy ?? -1 {
      best = score
    }
    self.best = best?.round
  }
}
