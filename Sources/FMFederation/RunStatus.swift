import FMArchive
import FMBase
import FMReports

/// The state of a run for a person who asks: the stage, who has answered, who is being waited for, what was
/// refused, the best round, and the time and bytes spent. Works on a run that is under way, also at the
/// server of sites that call by themselves.
public struct RunStatus: Sendable {
  /// A file of a site: an `update`, a `report` or a `test` report.
  public struct Answer: Sendable {
    public let site: String
    public let kind: String
    /// The round of the model that the answer reports on, or that the update goes into.
    public let round: Int
    /// The time of its arrival, or since when it is missing, in seconds since 1970; nil if unknown.
    public let time: Int?
  }

  /// A file that was refused, or a site's job that failed.
  public struct Problem: Sendable {
    public let site: String
    /// The round that the file was sent in.
    public let round: Int
    public let reason: String
    public let time: Int?
  }

  /// The process or job that works on the run.
  public enum Worker: Equatable, Sendable {
    case process(String)
    case job(String)
  }

  /// The best round so far.
  public struct Best: Sendable {
    public let round: Int
    /// The mean validation accuracy of its sites, from 0 to 1.
    public let accuracy: Double?
  }

  public let task: RunProgress.Task
  /// The round of the newest model.
  public let round: Int
  /// The number of rounds that the run is to have; nil if it was not recorded.
  public let rounds: Int?
  public let minimumSites: Int?
  /// The seconds that the server waits for the remaining sites; nil if it waits for all of them.
  public let deadline: Int?
  public let best: Best?
  public let worker: Worker?
  /// The answers to the newest model.
  public private(set) var answers: [Answer] = []
  /// The answers that the run waits for.
  public private(set) var waiting: [Answer] = []
  public private(set) var refused: [Problem] = []
  /// Jobs of this round that ended without an answer.
  public private(set) var failed: [Problem] = []
  /// One entry per site: its bytes over all rounds, and the last of these rounds.
  public let traffic: [RunReport.Traffic]
  /// The time of the first model and of the newest file, in seconds since 1970.
  public private(set) var started: Int?
  public private(set) var updated: Int?

  /// - Parameter path: the run's folder.
  /// - Throws: `noInput` if it is not a run, `badData` if one of its tables is damaged.
  public init(path: String) throws(FedMedError) {
    let files = RunFiles(
      path: path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path)
    let settings = try RunSettings(path: "\(files.path)/settings")
    let suffix = try settings.suffix(file: "\(files.path)/settings")
    let plan = try RunPlan(path: "\(files.path)/plan")
    let progress = try RunProgress(
      path: files.path, rounds: plan.rounds ?? max(files.newestRound(suffix: suffix), 1),
      minimumSites: nil)
    let hasEnded =
      progress.round == plan.rounds ?? progress.round
      && ByteSource.isRegularFile("\(files.path)/finished")
    task = hasEnded ? .done : progress.task
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
    started = RunFiles.time("\(files.round(0))/model\(suffix)")
    updated = (answers.map(\.time) + [modelTime]).compactMap { $0 }.max()
  }

  /// What the run asks its sites for at its present stage.
  private struct Request {
    let kind: String
    let round: Int
    let sites: [String]
    let missing: [String]
    /// Where the answers go, their ending, and where the jobs' logs are.
    let folder: String
    let suffix: String
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
      return round > 0 ? [report, update] : [update]
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

  /// One entry per site, over all rounds.
  private static func sums(_ entries: [RunReport.Traffic]) -> [RunReport.Traffic] {
    Dictionary(grouping: entries, by: \.site).map { site, entries in
      RunReport.Traffic(
        round: entries.map(\.round).max() ?? 0, site: site,
        down: entries.reduce(0) { $0 + $1.down }, up: entries.reduce(0) { $0 + $1.up })
    }.sorted { $0.site.precedes($1.site) }
  }
}
