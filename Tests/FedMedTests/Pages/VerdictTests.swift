import Testing

@testable import FMBase
@testable import FMMetrics
@testable import FMPages
@testable import FMReports

struct VerdictTests {
  private let classes = ["melanoma", "nevus", "other"]

  private func run(
    _ folder: TemporaryFolder, _ name: String, _ skills: [TestRun.Skill], sites: Int = 3,
    samples: Int = 200, seed: UInt64 = 1, draws: Int = 300
  ) throws -> RunReport {
    let run = try TestRun(folder, name, classes: classes)
    for site in 0..<sites {
      try run.add("s\(site)", samples: samples, skills, seed: seed, draws: draws)
    }
    return try run.read()
  }

  private func width(_ estimate: Estimate?) throws -> Double {
    let (lower, upper) = (estimate?.lower, estimate?.upper)
    return try #require(upper) - #require(lower)
  }

  @Test func warnsOfPartsAndBaselinesThatAreBetter() throws {
    let folder = try TemporaryFolder()
    let good = try #require(
      Verdict(run(folder, "good", [("alone", 0.7), ("fam", 0.6), ("mlp", 0.7), ("ensemble", 0.9)])))
    #expect(good.warnings.isEmpty)
    #expect(good.comparisons.count == 4)
    #expect(good.comparisons.allSatisfy { $0.contains("better (interval") })
    #expect(good.lead.contains("At 3 training sites") && good.lead.contains("confidence interval"))
    let bad = try #require(
      Verdict(run(folder, "bad", [("alone", 0.7), ("fam", 0.6), ("mlp", 0.9), ("ensemble", 0.7)])))
    #expect(bad.warnings.count == 1)
    #expect(bad.warnings[0].hasPrefix("The ensemble is less accurate than its private classifier"))
    let useless = try #require(
      Verdict(run(folder, "none", [("fam", 0.1), ("mlp", 0.1), ("ensemble", 0.1)])))
    #expect(useless.warnings.count == 2)
    #expect(useless.warnings[0].contains("no more accurate than always naming the most frequent"))
    #expect(useless.warnings[1].hasPrefix("Fewer than half of the test images are recognized"))
    #expect(classes.allSatisfy(useless.warnings[1].contains))
  }

  /// A small difference is not called clear, and without draws nothing is said about chance.
  @Test func namesWhatIsUnclear() throws {
    let folder = try TemporaryFolder()
    let close = try #require(
      Verdict(
        run(folder, "close", [("fam", 0.8), ("mlp", 0.805), ("ensemble", 0.8)], samples: 60)))
    for warning in close.warnings { #expect(warning.contains("which may be chance")) }
    #expect(close.comparisons.contains { $0.contains("no clear difference") })
    let plain = try #require(
      Verdict(run(folder, "plain", [("fam", 0.6), ("ensemble", 0.8)], draws: 0)))
    #expect(plain.intervals.contains("no confidence intervals"))
    #expect(!plain.lead.contains("interval"))
    #expect(plain.comparisons.allSatisfy { $0.contains("without an interval") })
  }

  /// The interval of the mean over sites is narrower than that of a site, as independent draws are.
  @Test func meansOverSitesHaveNarrowerIntervals() throws {
    let folder = try TemporaryFolder()
    let run = try run(folder, "run", [("fam", 0.7), ("ensemble", 0.7)], sites: 9, samples: 100)
    let reports = try #require(run.results.tests).sites.map(\.report)
    let mean = try #require(MeanScores(reports).mean(of: "ensemble", .accuracy)).estimate
    let values = reports.compactMap { $0.scores["ensemble"]?.values[.accuracy] }
    #expect(abs(mean.value - values.reduce(0, +) / 9) < 1e-12)
    let single = try reports.map { try width($0.estimate(of: "ensemble", .accuracy)) }
    let expected = (single.map { $0 * $0 }.reduce(0, +)).squareRoot() / 9
    let own = try width(mean)
    #expect(abs(own / expected - 1) < 0.15)
    // Both predictors are right on the same samples.
    let gain = try #require(MeanScores(reports).gain(over: "fam", .accuracy))
    #expect(gain.difference == Estimate(0, (0, 0)) && gain.final == gain.other)
    #expect(gain.sites == 9)
  }

  /// A site without draws does not take the intervals from the others, and is named.
  @Test func sitesWithoutDrawsAreLeftOut() throws {
    let folder = try TemporaryFolder()
    let run = try TestRun(folder, "run", classes: classes)
    for site in ["a", "b"] { try run.add(site, samples: 100, [("ensemble", 0.8)]) }
    try run.add("c", samples: 100, [("ensemble", 0.2)], draws: 0)
    let verdict = try #require(Verdict(run.read()))
    #expect(verdict.reports.count == 2 && verdict.lead.hasPrefix("At 3 training sites"))
    #expect(verdict.mean("ensemble", .accuracy)?.estimate.lower != nil)
    #expect(
      verdict.intervals.hasSuffix(
        "1 site with too few images or patients for an interval is left out of the comparisons and the table."
      ))
  }

  /// Sentences compare the same sites: a baseline may be hidden at some of them.
  @Test func comparisonsAreOverTheSitesWithBoth() throws {
    let folder = try TemporaryFolder()
    let run = try TestRun(folder, "run", classes: classes)
    try run.add("a", samples: 100, [("alone", 0.5), ("ensemble", 0.9)])
    try run.add("b", samples: 100, [("ensemble", 0.6)])
    let verdict = try #require(Verdict(run.read()))
    let gain = try #require(verdict.gain(over: Report.alone))
    #expect(gain.sites == 1)
    #expect(abs(gain.final.value - gain.other.value - gain.difference.value) < 1e-12)
    let sentence = try #require(verdict.comparisons.first { $0.contains("without federation") })
    #expect(sentence.contains("over the 1 of 2 sites with both"))
    #expect(sentence.contains(Shown.percent(gain.final.value)))
  }

  /// Means over different classes are not compared.
  @Test func classMeansNeedTheSameClasses() throws {
    let folder = try TemporaryFolder()
    let (first, second) = try (
      TestRun(folder, "first", classes: classes), TestRun(folder, "second", classes: classes)
    )
    try first.add("a", samples: 60, [("ensemble", 0.8)], minimum: 1)
    try second.add("a", samples: 60, [("ensemble", 0.8)], minimum: 15)
    let comparison = try RunComparison(first.read(), second.read())
    #expect(comparison.entries(.balancedAccuracy).isEmpty && comparison.entries(.macroAUC).isEmpty)
    #expect(comparison.entries(.accuracy).count == 1)
    #expect(!comparison.entries(.accuracy)[0].isPaired)
  }

  /// A difference between runs is paired where the samples are the same, which makes its interval
  /// narrower; otherwise both are independent.
  @Test func runsAreComparedOnTheSameSamples() throws {
    let folder = try TemporaryFolder()
    let first = try run(folder, "first", [("ensemble", 0.8)])
    let second = try run(folder, "second", [("ensemble", 0.75)])
    let other = try run(folder, "other", [("ensemble", 0.75)], seed: 2)
    let paired = try RunComparison(first, second)
    let apart = try RunComparison(first, other)
    #expect(paired.entries(.accuracy).count == 3 && paired.unmatched.isEmpty)
    #expect(paired.entries(.accuracy).allSatisfy { $0.isPaired })
    #expect(!apart.entries(.accuracy).contains { $0.isPaired })
    let (a, b) = try (
      #require(paired.mean(.accuracy)),
      #require(apart.mean(.accuracy))
    )
    let (narrow, wide) = (try width(a.difference), try width(b.difference))
    #expect(narrow < 0.7 * wide)
    #expect(a.isPaired && !b.isPaired)
    #expect(abs(a.difference.value - (a.first.value - a.second.value)) < 1e-12)
    // The reverse is the same with the opposite sign.
    let reverse = try #require(RunComparison(second, first).mean(.accuracy))
    #expect(abs(reverse.difference.value + a.difference.value) < 1e-12)
    let page = try RunPage(first, against: second, tool: "test 1").html
    #expect(page.contains("more accurate than second") && page.contains("on the same images"))
    let classes = try TestRun(folder, "classes", classes: ["a", "b"])
    try classes.add("s0", samples: 50, [("ensemble", 0.8)])
    let foreign = try classes.read()
    #expect(throws: FedMedError.self) { try RunComparison(first, foreign) }
    let untested = try TestRun(folder, "untested", classes: self.classes).read()
    #expect(throws: FedMedError.self) { try RunComparison(first, untested) }
  }

  @Test func privacyIsStatedInWords() throws {
    let folder = try TemporaryFolder()
    let text = Verdict.privacy(of: try run(folder, "run", [("ensemble", 0.8)]))
    #expect(text.contains("the server saw each site's update"))
    #expect(text.contains("no guarantee of differential privacy"))
  }
}
