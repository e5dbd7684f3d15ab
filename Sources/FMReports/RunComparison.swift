import FMArchive
import FMBase
import FMMetrics

/// Two runs side by side: the scores of their final predictors at the sites that both have tested.
public struct RunComparison: Sendable {
  /// One score at one site, or its mean over sites.
  public struct Entry: Sendable {
    /// The name of the site; `AVG` for the mean over all sites.
    public let site: String
    /// The score.
    public let score: Score
    /// The value of the first run.
    public let first: Estimate
    /// The value of the second run.
    public let second: Estimate
    /// The first value minus the second one.
    public let difference: Estimate
    /// Whether both runs were tested on the same draws of the same samples; for the mean, at all
    /// sites. Otherwise the interval of the difference treats them as independent.
    public let isPaired: Bool
  }

  private struct Pair {
    let site: String
    let first: Report
    let second: Report

    var isPaired: Bool {
      guard let a = first.draws, let b = second.draws else { return false }
      return a.isPaired(with: b)
    }
  }

  private let pairs: [Pair]
  /// The sites that only one of the runs has tested.
  public let unmatched: [String]

  /// Compares two runs.
  /// - Throws: `badData` if their classes differ, one of them has no test results, or no site has
  ///   tested both.
  public init(_ first: RunReport, _ second: RunReport) throws(FedMedError) {
    guard first.classes == second.classes else {
      throw FedMedError(
        .badData, "other classes than \(first.name): \(second.classes.joined(separator: ", "))",
        file: second.path)
    }
    func reports(_ run: RunReport) throws(FedMedError) -> [SiteReport] {
      guard let tests = run.results.tests else {
        throw FedMedError(.badData, "has no test results", file: run.path)
      }
      return tests.sites.filter { $0.report.finalPredictor != nil }
    }
    let others = try reports(second)
    let own = try reports(first)
    pairs = own.compactMap { report in
      others.first { $0.site == report.site }.map {
        Pair(site: report.site, first: report.report, second: $0.report)
      }
    }
    let common = Set(pairs.map(\.site))
    unmatched = Set((own + others).map(\.site)).subtracting(common).sorted { $0.precedes($1) }
    guard !pairs.isEmpty else {
      throw FedMedError(.badData, "no site in common with \(first.name)", file: second.path)
    }
  }

  /// The entries of a score by site, Global last.
  public func entries(_ score: Score) -> [Entry] {
    pairs.compactMap { pair in
      guard let (a, b) = Self.drawn(pair, score) else { return nil }
      return Entry(
        site: pair.site, score: score, first: a.estimate, second: b.estimate,
        difference: (a - b).estimate, isPaired: pair.isPaired)
    }
  }

  /// The mean of a score over all sites that have it in both runs, Global included; `nil` if there
  /// are none.
  public func mean(_ score: Score) -> Entry? { mean(score, pairs) }

  /// The mean of a score over the training sites that have it in both runs, with the number of
  /// these sites. If only some of them have an interval, it is over those.
  public func trainingMean(_ score: Score) -> (entry: Entry, sites: Int)? {
    let training = pairs.filter { $0.site != Name.global && Self.drawn($0, score) != nil }
    let known = training.filter { $0.first.draws != nil && $0.second.draws != nil }
    let chosen = known.isEmpty ? training : known
    return mean(score, chosen).map { ($0, chosen.count) }
  }

  private func mean(_ score: Score, _ pairs: [Pair]) -> Entry? {
    let chosen = pairs.compactMap { pair in Self.drawn(pair, score).map { (pair, $0.0, $0.1) } }
    guard let first = DrawnScore.mean(chosen.map(\.1)),
      let second = DrawnScore.mean(chosen.map(\.2)),
      let difference = DrawnScore.mean(chosen.map { $0.1 - $0.2 })
    else { return nil }
    return Entry(
      site: "AVG", score: score, first: first, second: second, difference: difference,
      isPaired: chosen.allSatisfy(\.0.isPaired))
  }

  private static func drawn(_ pair: Pair, _ score: Score) -> (DrawnScore, DrawnScore)? {
    // A mean over other classes is another score.
    guard
      !score.isMeanOverClasses
        || pair.first.final?.details?.hidden == pair.second.final?.details?.hidden,
      let first = pair.first.finalPredictor, let second = pair.second.finalPredictor,
      let a = pair.first.drawn(first, score), let b = pair.second.drawn(second, score)
    else { return nil }
    return (a, b)
  }
}
