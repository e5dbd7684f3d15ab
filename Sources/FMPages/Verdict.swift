import FMArchive
import FMBase
import FMMethods
import FMMetrics
import FMReports
import Glibc

/// The judgment on a run that has been tested: how good its predictions are, and compared with
/// what.
struct Verdict {
  let run: RunReport
  /// The reports of the training sites with scores.
  let reports: [SiteReport]
  /// The final predictor: `calibrated` if any site is calibrated.
  let final: String
  private let means: MeanScores

  /// Judges a run; `nil` if no training site has sent scores.
  init?(_ run: RunReport) {
    self.run = run
    reports = (run.results.tests?.sites ?? []).filter {
      $0.site != Name.global && $0.report.finalPredictor != nil
    }
    guard !reports.isEmpty else { return nil }
    means = MeanScores(reports.map(\.report))
    let isCalibrated = reports.contains { $0.report.finalPredictor == Report.calibrated }
    final = isCalibrated ? Report.calibrated : run.predictors.last ?? ""
  }

  /// The predictors to compare with, with at least one score: parts of the method, then baselines.
  var others: [String] {
    let last = run.predictors.last ?? ""
    let parts = run.predictors.dropLast().reversed() + [Report.alone, Report.majority]
    return parts.filter { $0 != last && means.mean(of: $0, .accuracy) != nil }
  }

  func mean(_ predictor: String, _ score: Score) -> Estimate? {
    means.mean(of: predictor, score)
  }

  func gain(over predictor: String, _ score: Score = .accuracy) -> Estimate? {
    means.gain(over: predictor, score)
  }

  /// The name of a predictor for readers.
  static func label(_ predictor: String, in run: RunReport) -> String {
    switch predictor {
    case Report.majority: return "most frequent class"
    case Report.alone: return "site alone"
    case Report.calibrated:
      return label(run.predictors.last ?? predictor, in: run) + ", calibrated"
    default:
      let method = Methods.all.first { $0.name == run.model.run.method }
      let base = method?.isWrapper == true ? run.model.run.parameters[Methods.base] : nil
      let named = base.flatMap { name in Methods.all.first { $0.name == name } } ?? method
      return named?.predictorLabels[predictor] ?? predictor
    }
  }

  /// What a difference says, if zero is no difference.
  enum Finding {
    case better, worse, unclear

    init(_ gain: Estimate) {
      let (lower, upper) = (gain.lower ?? gain.value, gain.upper ?? gain.value)
      self = lower > 0 ? .better : upper < 0 ? .worse : .unclear
    }
  }

  /// The first sentence.
  var lead: String {
    let accuracy = mean(final, .accuracy)
    let sites = reports.count == 1 ? "At the training site" : "At \(reports.count) training sites"
    return "\(sites), the \(Self.label(final, in: run)) classifies "
      + "\(Shown.percent(accuracy?.value)) % of the test images correctly"
      + (reports.count == 1 ? "" : ", in the mean over the sites")
      + (Self.interval(accuracy).map { " (95 % confidence interval \($0) %)." } ?? ".")
  }

  /// Comparisons with the baselines and the parts, one sentence each.
  var comparisons: [String] {
    others.reversed().compactMap { predictor in
      guard let gain = gain(over: predictor) else { return nil }
      let name =
        switch predictor {
        case Report.majority: "Always naming the most frequent class"
        case Report.alone: "A model of each site alone, without federation,"
        default: "The \(Self.label(predictor, in: run)) by itself"
        }
      let result =
        switch Finding(gain) {
        case .better: "better"
        case .worse: "worse"
        case .unclear:
          gain.value >= 0 ? "better, no clear difference" : "worse, no clear difference"
        }
      return "\(name) reaches \(Shown.percent(mean(predictor, .accuracy)?.value)) %: the "
        + "\(Self.label(final, in: run)) is \(Self.points(gain)) points "
        + "\(result)\(Self.interval(gain).map { " (interval \($0))" } ?? "")."
    }
  }

  /// Plain warnings: the final prediction is worse than a part of it or than a site alone, or no
  /// better than the most frequent class.
  var warnings: [String] {
    var warnings: [String] = []
    let name = Self.label(final, in: run)
    for predictor in others {
      guard let gain = gain(over: predictor) else { continue }
      let finding = Finding(gain)
      if predictor == Report.majority {
        guard finding != .better || gain.value <= 0 else { continue }
        warnings.append(
          "The \(name) is \(gain.value > 0 ? "not clearly" : "no") more accurate than always naming "
            + "the most frequent class: the gain is \(Shown.points(gain)) points.")
      } else if gain.value < 0 {
        let other =
          predictor == Report.alone
          ? "a model of each site alone" : "its \(Self.label(predictor, in: run)) by itself"
        warnings.append(
          "The \(name) is less accurate than \(other): the gain is \(Shown.points(gain)) points"
            + (finding == .worse ? "." : ", which may be chance."))
      }
    }
    return warnings
  }

  /// Where the intervals come from.
  var intervals: String {
    let drawn = reports.compactMap(\.report.draws)
    guard let first = drawn.first else {
      return "The sites' reports hold no bootstrap draws, so there are no confidence intervals."
    }
    let grouped = Set(drawn.compactMap(\.group))
    let single = drawn.contains { $0.group == nil }
    let units = (grouped.sorted() + (single ? ["image"] : [])).joined(separator: " or ")
    let missing = reports.count - drawn.count
    return "Intervals are 95 % bootstrap intervals: each site drew its test samples "
      + "\(first.count) times, by \(units). They tell how much the figures depend on which "
      + "\(grouped.isEmpty ? "images" : "\(grouped.sorted()[0])s") were tested at these sites, "
      + "not how another site or another training run would do."
      + (missing == 0 ? "" : " \(Shown.count(missing, "site")) sent none.")
  }

  private static func interval(_ estimate: Estimate?) -> String? {
    guard let lower = estimate?.lower, let upper = estimate?.upper else { return nil }
    return "\(Shown.percent(lower)) to \(Shown.percent(upper))"
  }

  private static func points(_ gain: Estimate) -> String { Shown.percent(gain.value.magnitude) }
}

extension Verdict {
  /// The privacy of a run in words: who could see the updates, and what noise guarantees.
  static func privacy(of run: RunReport) -> String {
    let definition = Methods.all.first { $0.name == run.model.run.method }
    let method = try? definition?.make(
      MethodSetting(
        dimension: run.model.run.encoder.dimension, classes: run.classes.count),
      run.model.run.parameters)
    guard method?.sent.isEmpty == false else {
      return "Privacy: sites sent nothing about their training images."
    }
    var text =
      run.model.aggregation?.secure == true
      ? "Privacy: with secure aggregation, the server saw only the sum of the sites' updates."
      : "Privacy: the server saw each site's update; whoever has an update can learn something "
        + "about the images behind it."
    guard let guarantee = PrivacyGuarantee(run.model.run.parameters) else {
      return text + " No noise was added, so there is no guarantee of differential privacy."
    }
    let belief = 1 / (1 + exp(-guarantee.epsilon))
    text +=
      " Noise gives each training \(guarantee.unit == .patient ? "patient" : "image") differential "
      + "privacy with ε = \(Shown.number(guarantee.epsilon, places: 2)) and δ = \(guarantee.delta): "
      + "someone who sees all updates and thinks it equally likely that the "
      + "\(guarantee.unit == .patient ? "patient" : "image") was used or not can become at most "
      + "\(Shown.number(100 * belief, places: belief > 0.99 ? 2 : 0)) % sure, except with "
      + "probability δ."
    if let spent = run.model.privacy?.spent {
      text +=
        " With earlier runs on the same data, ε is \(Shown.number(spent, places: 2)). Test reports, "
        + "and so this page, are not covered."
    }
    return text
  }
}
