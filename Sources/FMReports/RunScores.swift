import FMBase
import FMMetrics

/// A value with its 95 % confidence interval.
public struct Estimate: Equatable, Sendable {
  /// The value.
  public let value: Double
  /// The lower end of the interval; `nil` if unknown.
  public let lower: Double?
  /// The upper end of the interval; `nil` if unknown.
  public let upper: Double?

  /// Creates an estimate.
  package init(_ value: Double, _ interval: (lower: Double, upper: Double)? = nil) {
    (self.value, lower, upper) = (value, interval?.lower, interval?.upper)
  }
}

/// A score at one site with its values in bootstrap draws, or the difference of two such scores.
package struct DrawnScore: Sendable {
  let value: Double
  /// The values by draw; `nil` if the report holds no draws.
  let draws: [Double?]?

  package var estimate: Estimate { Estimate(value, Self.interval(draws)) }

  private static func interval(_ draws: [Double?]?) -> (lower: Double, upper: Double)? {
    draws.flatMap { Bootstrap.interval($0, level: ScoreDraws.level) }
  }

  /// The difference to another score, draw by draw. If both have the same draws, they are paired;
  /// otherwise they are independent, and so is the order of their draws.
  package static func - (a: DrawnScore, b: DrawnScore) -> DrawnScore {
    let draws = a.draws.flatMap { a in
      b.draws.flatMap { b in
        a.count != b.count ? nil : zip(a, b).map { a, b in a.flatMap { a in b.map { a - $0 } } }
      }
    }
    return DrawnScore(value: a.value - b.value, draws: draws)
  }

  /// The unweighted mean of several sites' scores; `nil` without any.
  ///
  /// Sites draw independently, so draw b of the mean is the mean of their draws b. The interval
  /// is for these sites, not for a population of sites.
  package static func mean(_ sites: [DrawnScore]) -> Estimate? {
    guard let first = sites.first else { return nil }
    let value = sites.reduce(0) { $0 + $1.value } / Double(sites.count)
    let counts = Set(sites.map { $0.draws?.count })
    guard counts.count == 1, let draws = first.draws else { return Estimate(value) }
    let means = draws.indices.map { draw -> Double? in
      let values = sites.compactMap { $0.draws?[draw] }
      return values.count < sites.count ? nil : values.reduce(0, +) / Double(values.count)
    }
    return Estimate(value, interval(means))
  }
}

extension Report {
  /// The name of the site's final predictor, `calibrated` if possible; `nil` if there are too few
  /// samples.
  public var finalPredictor: String? { predictors.last { scores[$0] != nil } }

  /// A score of a predictor with its draws; `nil` if it is undefined.
  package func drawn(_ predictor: String, _ score: Score) -> DrawnScore? {
    guard isDefined(score) else { return nil }
    return scores[predictor]?.values[score].map {
      DrawnScore(value: $0, draws: draws?.values(of: predictor, score))
    }
  }

  /// A score of a predictor with its interval, if the report holds draws; `nil` if it is undefined.
  public func estimate(of predictor: String, _ score: Score) -> Estimate? {
    drawn(predictor, score)?.estimate
  }

  /// How much a score of the final predictor exceeds that of another predictor.
  public func gain(over predictor: String, _ score: Score) -> Estimate? {
    guard let name = finalPredictor, let final = drawn(name, score),
      let other = drawn(predictor, score)
    else { return nil }
    return (final - other).estimate
  }
}

/// The means of scores over sites, with intervals.
public struct MeanScores: Sendable {
  /// A predictor beside the final one, over the sites that have both.
  public struct Gain: Sendable {
    /// The score of the final predictors.
    public let final: Estimate
    /// The score of the other predictor.
    public let other: Estimate
    /// The first minus the second one.
    public let difference: Estimate
    /// The number of sites.
    public let sites: Int
  }

  private let reports: [Report]

  /// Selects the reports that count.
  public init(_ reports: [Report]) { self.reports = reports }

  /// The mean of a score over the sites at which it is defined, and their number. For `calibrated`,
  /// sites without calibration count with their final predictor.
  public func mean(of predictor: String, _ score: Score) -> (estimate: Estimate, sites: Int)? {
    let drawn = reports.compactMap { report in
      report.drawn(
        predictor == Report.calibrated ? report.finalPredictor ?? predictor : predictor, score)
    }
    return DrawnScore.mean(drawn).map { ($0, drawn.count) }
  }

  /// How much a score of the sites' final predictors exceeds that of another predictor.
  public func gain(over predictor: String, _ score: Score) -> Gain? {
    let pairs = reports.compactMap { report -> (DrawnScore, DrawnScore)? in
      guard let name = report.finalPredictor, let final = report.drawn(name, score),
        let other = report.drawn(predictor, score)
      else { return nil }
      return (final, other)
    }
    guard let final = DrawnScore.mean(pairs.map(\.0)), let other = DrawnScore.mean(pairs.map(\.1)),
      let difference = DrawnScore.mean(pairs.map { $0.0 - $0.1 })
    else { return nil }
    return Gain(final: final, other: other, difference: difference, sites: pairs.count)
  }
}
