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
  /// The reports of the training sites that count: those with bootstrap draws, or if there are none,
  /// those with scores.
  let reports: [SiteReport]
  /// The number of training sites with scores, but without the draws that others have.
  let withoutDraws: Int
  /// The final predictor: `calibrated` if any site is calibrated.
  let final: String
  private let means: MeanScores

  /// Judges a run; `nil` if no training site has sent scores.
  init?(_ run: RunReport) {
    self.run = run
    let scored = (run.results.tests?.sites ?? []).filter {
      $0.site != Name.global && $0.report.finalPredictor != nil
    }
    guard !scored.isEmpty else { return nil }
    let drawn = scored.filter { $0.report.draws != nil }
    reports = drawn.isEmpty ? scored : drawn
    withoutDraws = scored.count - reports.count
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

  func mean(_ predictor: String, _ score: Score) -> (estimate: Estimate, sites: Int)? {
    means.mean(of: predictor, score)
  }

  func gain(over predictor: String) -> MeanScores.Gain? { means.gain(over: predictor, .accuracy) }

  /// The report of the held-out site, if it has scores of a common model.
  var global: Report? {
    guard run.hasCommonModel else { return nil }
    return run.results.tests?.sites.first {
      $0.site == Name.global && $0.report.finalPredictor != nil
    }?
    .report
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
      // A wrapper that shares nothing has no shared parts either.
      let base =
        method?.isWrapper == true && run.hasCommonModel
        ? run.model.run.parameters[Methods.base] : nil
      let named = base.flatMap { name in Methods.all.first { $0.name == name } } ?? method
      return named?.predictorLabels[predictor] ?? predictor
    }
  }

  /// What a difference says: only an interval without zero is clear.
  enum Finding {
    case better, worse, unclear

    init(_ gain: Estimate) {
      self = (gain.lower ?? 0) > 0 ? .better : (gain.upper ?? 0) < 0 ? .worse : .unclear
    }
  }

  private var isSingle: Bool { reports.count == 1 }

  private var alone: String {
    isSingle ? "a model of the site alone" : "a model of each site alone"
  }

  /// The first sentence. If some sites have no interval, it is about all sites, and a second one
  /// about those that count.
  var lead: String {
    let model = Self.label(final, in: run)
    let accuracy = mean(final, .accuracy)?.estimate
    let interval =
      Self.interval(accuracy).map { " (95 % confidence interval \($0) %)." } ?? "."
    func start(_ sites: Int, _ value: Double?) -> String {
      (sites == 1 ? "At the training site" : "At \(sites) training sites")
        + ", the \(model) classifies \(Shown.percent(value)) % of the test images correctly"
        + (sites == 1 ? "" : ", in the mean over the sites")
    }
    guard withoutDraws > 0 else { return start(reports.count, accuracy?.value) + interval }
    let all = (run.results.tests?.sites ?? []).filter { $0.site != Name.global }
    return start(
      reports.count + withoutDraws,
      MeanScores(all.map(\.report)).mean(of: final, .accuracy)?.estimate.value)
      + ". At the \(reports.count) of them with enough images or patients for an interval it is "
      + "\(Shown.percent(accuracy?.value)) %\(interval)"
  }

  /// Comparisons with the baselines and the parts, one sentence each.
  var comparisons: [String] {
    others.reversed().compactMap { predictor in
      guard let gain = gain(over: predictor) else { return nil }
      let name =
        switch predictor {
        case Report.majority: "Always naming the most frequent class"
        case Report.alone: "A" + alone.dropFirst() + ", without federation,"
        default: "The \(Self.label(predictor, in: run)) by itself"
        }
      let difference = gain.difference
      let word = difference.value >= 0 ? "better" : "worse"
      let clear =
        difference.lower == nil
        ? ", without an interval" : Finding(difference) == .unclear ? ", no clear difference" : ""
      let model = Self.label(final, in: run)
      let among =
        gain.sites < reports.count
        ? " This is over the \(gain.sites) of \(reports.count) sites with both, where the \(model) "
          + "reaches \(Shown.percent(gain.final.value)) %." : ""
      return "\(name) reaches \(Shown.percent(gain.other.value)) %: the \(model) is "
        + "\(Shown.percent(difference.value.magnitude)) points \(word)\(clear)"
        + "\(Self.interval(difference).map { " (interval \($0))" } ?? "").\(among)"
    }
  }

  /// The fewest test images of a class for a warning about its sensitivity.
  private static let fewestImages = 10

  /// Plain warnings: the final prediction is worse than a part of it or than a site alone, no better
  /// than the most frequent class, or finds fewer than half of a class.
  var warnings: [String] {
    var warnings: [String] = []
    let name = Self.label(final, in: run)
    for predictor in others {
      guard let gain = gain(over: predictor)?.difference else { continue }
      if predictor == Report.majority {
        warnings += Self.majorityWarning("The \(name) is", gain).map { [$0] } ?? []
      } else if gain.value < 0 {
        let other =
          predictor == Report.alone ? alone : "its \(Self.label(predictor, in: run)) by itself"
        warnings.append(
          "The \(name) is less accurate than \(other): the gain is \(Shown.points(gain)) points"
            + (Finding(gain) == .worse
              ? "." : gain.lower == nil ? "; no interval is known." : ", which may be chance."))
      }
    }
    if let gain = global?.gain(over: Report.majority, .accuracy) {
      warnings += Self.majorityWarning("At Global, the model is", gain).map { [$0] } ?? []
    }
    let missed = weakClasses(fewest: Self.fewestImages)
    if !missed.isEmpty {
      warnings.append(
        "Fewer than half of the test images are recognized, where there are at least "
          + "\(Self.fewestImages), of: "
          + missed.map { "\($0.name) (\(Shown.percent($0.recall)) %)" }.joined(separator: ", ")
          + ".")
    }
    return warnings
  }

  private static func majorityWarning(_ start: String, _ gain: Estimate) -> String? {
    guard Finding(gain) != .better, gain.lower != nil || gain.value <= 0 else { return nil }
    return "\(start) \(gain.value > 0 ? "not clearly" : "no") more accurate than always naming the "
      + "most frequent class: the gain is \(Shown.points(gain)) points."
  }

  /// The classes of which fewer than half of the test images are recognized, over all training
  /// sites that report them.
  func weakClasses(fewest: Int) -> [(name: String, recall: Double)] {
    guard let matrix = run.results.pooled?.details.visible else { return [] }
    return run.classes.indices.filter { matrix.truths($0) >= fewest && matrix.recall($0) < 0.5 }
      .map { (run.classes[$0], matrix.recall($0)) }
  }

  /// Where the intervals come from.
  var intervals: String {
    guard let first = reports.compactMap(\.report.draws).first else {
      return
        "The sites' reports hold no bootstrap draws, for example because they have too few test "
        + "images or patients, so there are no confidence intervals."
    }
    let drawn = reports.compactMap(\.report.draws)
    let grouped = Set(drawn.compactMap(\.group)).sorted()
    let single = drawn.contains { $0.group == nil }
    let units = (grouped + (single ? ["image"] : [])).joined(separator: " or ")
    return "Intervals are 95 % bootstrap intervals: each site drew its test images "
      + "\(first.count) times, by \(units). They tell how much the figures depend on which "
      + "\(grouped.first ?? "image")s were tested at these sites, not how another site or another "
      + "training run would do."
      + (withoutDraws == 0
        ? ""
        : " \(Shown.count(withoutDraws, "site")) with too few images or patients for an interval "
          + "\(withoutDraws == 1 ? "is" : "are") left out of the comparisons and the table.")
  }

  private static func interval(_ estimate: Estimate?) -> String? {
    guard let lower = estimate?.lower, let upper = estimate?.upper else { return nil }
    return "\(Shown.percent(lower)) to \(Shown.percent(upper))"
  }
}

extension Verdict {
  /// The privacy of a run in words: who could see the updates, and what noise guarantees.
  static func privacy(of run: RunReport) -> String {
    guard run.hasCommonModel || run.sendsUpdates else {
      return "Privacy: sites sent nothing about their training images."
    }
    guard run.sendsUpdates else {
      return "Privacy: nothing was trained, so sites sent nothing about training images."
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
    if let spent = run.model.privacy?.spent, spent > guarantee.epsilon * 1.001 {
      text += " With earlier runs on the same data, ε is \(Shown.number(spent, places: 2))."
    }
    return text + " Test reports, and so this page, are not covered."
  }
}

extension RunReport {
  /// The definition of the run's method.
  var definition: MethodDefinition? { Methods.all.first { $0.name == model.run.method } }

  private var method: (any FederatedMethod)? {
    try? definition?.make(
      MethodSetting(dimension: model.run.encoder.dimension, classes: classes.count),
      model.run.parameters)
  }

  /// Whether sites send what they have learned from training images.
  var sendsUpdates: Bool { method?.sent.isEmpty == false }

  /// Whether all sites predict with a common model, alone or together with a private part.
  var hasCommonModel: Bool { sendsUpdates || method?.kept.isEmpty == true }
}
