import FMArchive
import FMBase
import FMMetrics
import Glibc

/// A summary of a run of fm-federate, from the files in its folder: results by round, test results
/// and traffic.
public struct RunReport: Sendable {
  /// The validation results of a round.
  public struct Round: Sendable {
    /// The number of the round.
    public let number: Int
    /// The numbers of validation samples, and of those predicted correctly by the final predictor,
    /// by site.
    public let sites: [String: (correct: Int, total: Int)]
    /// The mean accuracy of the sites, from 0 to 1; `nil` if none has validation samples.
    public let accuracy: Double?
    /// Whether it is the best round.
    public let isBest: Bool
    /// The seconds between the previous model and that of the round, from the times of their files;
    /// `nil` if these are missing or not in order.
    public let seconds: Double?
  }

  /// The bytes sent between a site and the server for a round's model.
  public struct Traffic: Sendable {
    /// The round of the model.
    public let round: Int
    /// The name of the site's archive.
    public let site: String
    /// The bytes that the site received.
    public let down: Int
    /// The bytes that the site sent.
    public let up: Int

    package init(round: Int, site: String, down: Int, up: Int) {
      (self.round, self.site, self.down, self.up) = (round, site, down, up)
    }
  }

  /// The test results of a run.
  public struct Results: Sendable {
    /// The test reports; `nil` before the end of the run.
    public let tests: TestReports?
    /// The pooled samples of all sites except Global, with their final predictions; `nil` before
    /// the end of the run, or if no report has details.
    public let pooled: Pool?
    /// The same before calibration; `nil` if no site was calibrated.
    public let uncalibrated: Pool?
  }

  /// The pooled test samples of several sites.
  public struct Pool: Sendable {
    /// The number of samples.
    public let samples: Int
    /// The number of samples predicted correctly.
    public let correct: Int
    /// The summed details, of the classes that each site reveals.
    public let details: Report.Details

    /// The number of samples that count as correct or incorrect, but whose class their site hides.
    public var hidden: Int { samples - details.visible.total }

    /// The scores that can be computed from the sums.
    public var values: [Score: Double] {
      details.values.merging([.accuracy: Double(correct) / Double(samples)]) { $1 }
    }
  }

  /// The name of the folder.
  public let name: String
  /// The path of the folder, for messages.
  public let path: String
  /// Whether the run has ended and all its sites have been tested.
  public let isFinished: Bool
  /// The round of the newest model.
  public let newestRound: Int
  /// The number of rounds of the run; `nil` if unknown.
  public let plannedRounds: Int?
  /// The names of the training sites, sorted: those of the run's settings, or if there are none,
  /// those that sent reports.
  public let members: [String]
  /// The settings of the run other than its sites and the method's hyper-parameters.
  public let settings: [(name: String, value: String)]
  /// The time of the newest result, in seconds since 1970; `nil` if there are no files.
  public let date: Int?
  /// The description of the best round's model, in its calibrated form if any; of the initial model
  /// if there is no best round yet.
  public let model: ModelPayload
  /// The names of the classes.
  public let classes: [String]
  /// The name and version of the tool that wrote that model.
  public let tool: String
  /// The method's predictors; the last one makes the final prediction.
  public let predictors: [String]
  /// The identity of that model.
  public let identity: String
  /// The names of the sites that reported on validation samples, sorted.
  public let sites: [String]
  /// The rounds that were validated.
  public let rounds: [Round]
  /// The test results.
  public let results: Results
  /// The round whose model the sites tested before the run went on; its results are not included.
  /// `nil` if there are none.
  public let outdatedTests: Int?
  /// The training losses of the sites that trained on this machine.
  public let losses: RunLosses
  /// The updates and reports that are missing, by round, as recorded by fm-federate.
  public let missed: [(round: Int, text: String)]
  /// The traffic of each round and site; empty if it was not recorded.
  public let traffic: [Traffic]
  /// The paths of the run's files, none of which may be overwritten.
  public let files: [String]

  /// Reads the folder of a run, which may be in progress.
  /// - Parameter path: the path of the folder.
  /// - Throws: `noInput` if it is not the folder of a run, `badData` if a file in it is malformed.
  public init(path: String) throws(FedMedError) {
    let folder = RunFolder.path(path)
    self.path = folder
    let plan = try RunPlan(path: "\(folder)/plan")
    let numbers = try Folder.names("\(folder)/rounds", failingWith: .noInput).compactMap { Int($0) }
      .filter { $0 >= 0 }.sorted()
    func place(_ round: Int) -> String {
      "\(folder)/\(RunFolder.round(round))"
    }
    func archives(_ folder: String) -> [String] {
      Folder.files(folder).filter { file in
        file.hasSuffix(".tar") && file.split(separator: "/").last?.hasPrefix(".") == false
      }
    }
    func modelPath(_ round: Int, _ name: String = "model") -> String? {
      Folder.files(place(round)).first {
        $0.split(separator: "/").last?.hasPrefix("\(name).tar") == true
      }
    }
    var validation: [SiteReport] = []
    for round in numbers {
      for file in archives("\(place(round))/reports") {
        validation.append(try SiteReport(path: file))
      }
    }
    isFinished = ByteSource.isRegularFile("\(folder)/finished")
    let selection = try RoundSelection(validation, minimumSites: plan.minimumSites ?? 1)
    // A finished run has chosen by the reports that were signed; until then the reports decide, so
    // that all parts of a page agree.
    var best = try isFinished ? Self.best(folder) ?? selection.best : selection.best
    if best == nil { best = try Self.newest(numbers.compactMap { modelPath($0) }) }
    // Sites test the calibrated model, if there is one.
    guard let shown = modelPath(best ?? 0, "calibrated") ?? modelPath(best ?? 0) else {
      throw FedMedError(
        .noInput, "not the folder of a run: it has no model of round \(best ?? 0)", file: folder)
    }
    let reader = try ArchiveReader(path: shown, kinds: [.model])
    guard case .model(let own) = reader.manifest.payload else {
      throw reader.fault("not a model", "manifest.json")
    }
    (model, classes, self.identity) = (own, reader.manifest.classes, reader.identity)
    tool = reader.manifest.tool
    predictors = try own.run.make(classes: classes.count).predictors
    sites = Set(validation.map(\.site)).sorted { $0.precedes($1) }

    var (rounds, earlier): ([Round], Double?) = ([], modelPath(0).flatMap(Self.time))
    for number in numbers {
      let time = modelPath(number).flatMap(Self.time)
      defer { earlier = time }
      guard let score = selection.scores.first(where: { $0.round == number }) else { continue }
      var counts: [String: (correct: Int, total: Int)] = [:]
      for report in validation where report.round == number && report.report.hasCounts {
        counts[report.site] = (
          report.report.final?.correct ?? 0, report.report.total
        )
      }
      let seconds = time.flatMap { time in earlier.map { time - $0 } }
      rounds.append(
        Round(
          number: number, sites: counts, accuracy: score.accuracy, isBest: number == best,
          seconds: seconds.flatMap { $0 >= 0 ? $0 : nil }))
    }
    self.rounds = rounds
    var tests: [SiteReport] = []
    for file in archives("\(folder)/results") { tests.append(try SiteReport(path: file)) }
    let identity = reader.identity
    let outdated = tests.filter { $0.scored.parent != identity }
    if isFinished, let test = outdated.first {
      throw FedMedError(
        .badData, "reports on another model than that of round \(model.round)", file: test.name)
    }
    outdatedTests = outdated.map(\.round).max()
    tests.removeAll { $0.scored.parent != identity }
    results = try Results(tests, of: classes)
    newestRound = numbers.last { modelPath($0) != nil } ?? 0
    plannedRounds = plan.rounds
    settings = try Self.settings(folder) + plan.settings
    let listed = try Self.members(folder)
    members = listed.isEmpty ? sites : listed.sorted { $0.precedes($1) }
    losses = try RunLosses(path: folder, upTo: newestRound)
    date = ([shown] + (validation + tests).map(\.name)).compactMap(Self.time).max().map { Int($0) }
    missed = try Self.missed(folder)
    traffic = try Self.traffic(folder)
    let parts = numbers.flatMap { number in
      ["", "/updates", "/reports", "/logs"].map { place(number) + $0 }
    }
    let states = Folder.files("\(folder)/sites").filter {
      !$0.hasSuffix("/.") && !$0.hasSuffix("/..")
    }
    // Of the folder itself only the run's own files: a page may lie beside them.
    files =
      (Self.names.map { "\(folder)/\($0)" }
      + (["\(folder)/results"] + parts + states).flatMap(Folder.files))
      .filter(ByteSource.isRegularFile)
    name = folder.split(separator: "/").last.map(String.init) ?? folder
  }

  /// The names of the files that fm-federate writes to the folder.
  private static let names = [
    "settings", "plan", "finished", "tested", "table.tsv", "card.md", "rounds.tsv", "losses.tsv",
    "traffic.tsv", "wanted", "slurm", "recorded", "fm-federate.lock",
  ]

  /// The path of the model card that fm-federate writes.
  public var cardPath: String { "\(path)/card.md" }

  /// The round of the last model of a run with differential privacy, which has no validation
  /// reports; `nil` for other runs.
  private static func newest(_ models: [String]) throws(FedMedError) -> Int? {
    guard let last = models.last else { return nil }
    let reader = try ArchiveReader(path: last, kinds: [.model])
    guard case .model(let model) = reader.manifest.payload else { return nil }
    return model.privacy == nil ? nil : model.round
  }

  private static func time(_ path: String) -> Double? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) * 1e-9
  }
}

extension RunReport.Results {
  fileprivate init(_ reports: [SiteReport], of classes: [String]) throws(FedMedError) {
    guard !reports.isEmpty else {
      (tests, pooled, uncalibrated) = (nil, nil, nil)
      return
    }
    let tests = try TestReports(reports)
    for site in tests.sites where site.manifest.classes != classes {
      throw FedMedError(.badData, "classes differ from those of the model", file: site.name)
    }
    func pool(_ scores: (Report) -> Report.Scores?) -> RunReport.Pool? {
      var (samples, correct, parts) = (0, 0, [Report.Details]())
      for site in tests.sites where site.site != Name.global {
        guard let own = scores(site.report), let details = own.details else { continue }
        (samples, correct) = (samples + site.report.total, correct + own.correct)
        parts.append(details)
      }
      return Report.Details(adding: parts).map {
        RunReport.Pool(samples: samples, correct: correct, details: $0)
      }
    }
    self.tests = tests
    pooled = pool { $0.final }
    let isCalibrated = tests.sites.contains { $0.report.scores[Report.calibrated] != nil }
    uncalibrated = isCalibrated ? pool { $0.uncalibrated } : nil
  }
}
