import FMArchive
import FMBase
import FMReports

/// The status of a run: its task, the sites that have answered and those that are missing, refused
/// files, the best round, and the time and bytes spent. The run may be in progress, also at a
/// server that sites call.
public struct RunStatus: Sendable {
  /// A file of a site: an `update`, a `report` or a `test` report.
  public struct Answer: Sendable {
    /// The name of the site.
    public let site: String
    /// The kind of file: `update`, `report` or `test`.
    public let kind: String
    /// The round of the model that the answer reports on, or that the update contributes to.
    public let round: Int
    /// The time of its arrival, or since when it is missing, in seconds since 1970; `nil` if
    /// unknown.
    public let time: Int?
  }

  /// A file that was refused, or a site's job that failed.
  public struct Problem: Sendable {
    /// The name of the site.
    public let site: String
    /// The round in which the file was sent.
    public let round: Int
    /// The error message.
    public let reason: String
    /// The time of the refusal or failure, in seconds since 1970; `nil` if unknown.
    public let time: Int?
  }

  /// The process or job that works on the run.
  public enum Worker: Equatable, Sendable {
    /// A process, by its id.
    case process(String)
    /// A Slurm job, by its id.
    case job(String)
  }

  /// The best round so far.
  public struct Best: Sendable {
    /// The number of the round.
    public let round: Int
    /// The mean validation accuracy of its sites, from 0 to 1.
    public let accuracy: Double?
  }

  /// The next task.
  public let task: RunProgress.Task
  /// The round of the newest model.
  public let round: Int
  /// The number of rounds of the run; `nil` if it was not recorded.
  public let rounds: Int?
  /// The fewest sites that a round needs; `nil` if it was not recorded.
  public let minimumSites: Int?
  /// The seconds that the server waits for the remaining sites; `nil` if it waits for all of them.
  public let deadline: Int?
  /// The best round so far; `nil` if there is none yet.
  public let best: Best?
  /// The process or job that works on the run; `nil` if there is none.
  public let worker: Worker?
  /// The answers to the newest model.
  public private(set) var answers: [Answer] = []
  /// The answers that the run waits for.
  public private(set) var waiting: [Answer] = []
  /// The files that were refused.
  public private(set) var refused: [Problem] = []
  /// The jobs of the present stage that ended without an answer.
  public private(set) var failed: [Problem] = []
  /// The answers of earlier stages that are missing for good.
  public private(set) var missed: [Answer] = []
  /// One entry per site: its bytes over all rounds, and the last of these rounds.
  public let traffic: [RunReport.Traffic]
  /// The ε that each site's data set has spent, as of its last update; empty without noise.
  public private(set) var spent: [(site: String, round: Int, epsilon: Double)] = []
  /// The time of the initial model, in seconds since 1970; `nil` if there is none yet.
  public private(set) var started: Int?
  /// The time of the newest file, in seconds since 1970; `nil` if unknown.
  public private(set) var updated: Int?

  /// Reads the status from the folder of a run.
  /// - Parameter path: the path of the folder.
  /// - Throws: `noInput` if it is not the folder of a run, `badData` if one of its tables is
  ///   malformed.
  public init(path: String) throws(FedMedError) {
    let files = RunFiles(path: RunFolder.path(path))
    let settings = try RunSettings(path: "\(files.path)/settings")
    let suffix = try settings.suffix(file: "\(files.path)/settings")
    let plan = try RunPlan(path: "\(files.path)/plan")
    let progress = try RunProgress(
      path: files.path, rounds: plan.rounds ?? max(files.newestRound(suffix: suffix), 1),
      minimumSites: nil)
    let hasEnded =
      progress.round == plan.rounds ?? progress.round
      && ByteSource.isRegularFile("\(files.path)/finished")
    // The server's own request tells more than the files: it gives up on late sites.
    task = hasEnded ? .done : files.requestedTask() ?? progress.task
    round = progress.round
    (rounds, minimumSites, deadline) = (plan.rounds, plan.minimumSites, plan.deadline)
    best = try files.best()
    worker = files.worker()
    traffic = Self.sums(try RunTraffic(path: files.path, suffix: suffix).entries)
    refused = try files.refusals(suffix: suffix)
    let modelTime = RunFiles.time("\(files.round(round))/model\(suffix)")
    let since = files.waitingSince() ?? modelTime
    for request in requests(files, progress, settings, suffix) {
      for site in request.sites {
        let isMissing = request.missing.contains(site)
        let answer = Answer(
          site: site, kind: request.kind, round: request.round,
          time: isMissing ? since : RunFiles.time("\(request.folder)/\(site)\(request.suffix)"))
        guard isMissing else {
          answers.append(answer)
          continue
        }
        if !hasEnded { waiting.append(answer) }
        guard let reason = files.failure(of: site, log: "\(request.logs)/\(site).txt") else {
          continue
        }
        failed.append(
          Problem(
            site: site, round: request.round, reason: reason,
            time: RunFiles.time("\(request.logs)/\(site).txt")))
      }
    }
    missed = missedAnswers(files, progress, settings, suffix)
    if settings.addsNoise {
      for site in progress.sites {
        guard let own = try files.spent(by: site, upTo: round + 1, suffix: suffix) else { continue }
        spent.append(own)
      }
    }
    started = RunFiles.time("\(files.round(0))/model\(suffix)")
    updated = (answers.map(\.time) + [modelTime]).compactMap { $0 }.max()
  }

  /// A request to the sites at the present stage of the run.
  private struct Request {
    let kind: String
    let round: Int
    let sites: [String]
    let missing: [String]
    /// The folder of the answers.
    let folder: String
    /// The ending of their names.
    let suffix: String
    /// The folder of the jobs' logs.
    let logs: String
  }

  private func requests(
    _ files: RunFiles, _ progress: RunProgress, _ settings: RunSettings, _ suffix: String
  ) -> [Request] {
    let now = files.round(round)
    let next = files.round(round + 1)
    let report = Request(
      kind: "report", round: round, sites: progress.sites, missing: progress.missingReports,
      folder: "\(now)/reports", suffix: ".tar", logs: "\(now)/logs")
    switch task {
    case .start: return []
    case .train:
      let update = Request(
        kind: "update", round: round + 1, sites: progress.sites,
        missing: progress.missingUpdates, folder: "\(next)/updates", suffix: suffix,
        logs: "\(next)/logs")
      return round > 0 && !settings.addsNoise ? [report, update] : [update]
    case .report: return [report]
    case .test, .done:
      return [
        Request(
          kind: "test", round: best?.round ?? round, sites: progress.sites + settings.global,
          missing: progress.missingTests, folder: "\(files.path)/results", suffix: ".tar",
          logs: "\(files.path)/jobs")
      ]
    }
  }

  /// The answers that were missing when their stage ended.
  private func missedAnswers(
    _ files: RunFiles, _ progress: RunProgress, _ settings: RunSettings, _ suffix: String
  ) -> [Answer] {
    var missed: [Answer] = []
    func add(_ kind: String, _ round: Int, _ sites: [String], _ folder: String, _ suffix: String) {
      for site in sites where !ByteSource.isRegularFile("\(folder)/\(site)\(suffix)") {
        missed.append(Answer(site: site, kind: kind, round: round, time: nil))
      }
    }
    for number in 1..<round + 1 {
      add("update", number, progress.sites, "\(files.round(number))/updates", suffix)
      let isOpen = number == round && (task == .train || task == .report)
      if !isOpen && !settings.addsNoise {
        add("report", number, progress.sites, "\(files.round(number))/reports", ".tar")
      }
    }
    if task == .done {
      add(
        "test", best?.round ?? round, progress.sites + settings.global, "\(files.path)/results",
        ".tar")
    }
    return missed
  }

  /// The sums over all rounds, one entry per site.
  private static func sums(_ entries: [RunReport.Traffic]) -> [RunReport.Traffic] {
    Dictionary(grouping: entries, by: \.site).map { site, entries in
      RunReport.Traffic(
        round: entries.map(\.round).max() ?? 0, site: site,
        down: entries.reduce(0) { $0 + $1.down }, up: entries.reduce(0) { $0 + $1.up })
    }.sorted { $0.site.precedes($1.site) }
  }
}
