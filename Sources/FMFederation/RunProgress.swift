import FMArchive
import FMBase
import FMReports

/// Where a run of fm-federate stands, by the files in its folder: what is to be done next, by which sites,
/// and which round has been best so far.
public struct RunProgress: Sendable {
  /// What the run does next.
  public enum Task: String, Sendable {
    /// There is no first model.
    case start
    /// Sites train the model of `round`, and report on it.
    case train
    /// Sites report on the last model.
    case report
    /// Sites test the best model.
    case test
    /// Every site has been tested.
    case done
  }

  /// A validated round.
  public struct Round: Equatable, Sendable {
    public let score: RoundSelection.Score
    public let isBest: Bool
    /// The sites whose updates are in its model.
    public let answered: [String]
    /// The sites that sent no update, or no report on its model, with what is missing.
    public let missed: [String]
  }

  public let task: Task
  /// Of the newest model.
  public let round: Int
  /// The names of the sites that train, in the order of the run's settings.
  public let sites: [String]
  /// Those without an update for the round after `round`, where there is to be one.
  public let missingUpdates: [String]
  /// Those without a report on the model of `round`.
  public let missingReports: [String]
  /// Those without a test report; Global is one of them.
  public let missingTests: [String]
  /// The best round by validation so far; nil where none has been validated by enough sites.
  public let best: Int?
  public let rounds: [Round]
  /// The ending of models and updates, such as `.tar.gz`.
  private let suffix: String

  /// - Parameters:
  ///   - path: the run's folder.
  ///   - last: how many rounds the run is to have.
  ///   - minimumSites: a round with fewer reports does not compete; nil reads no reports, and knows of no
  ///     best round.
  ///   - signers: who may sign reports; nil looks at no signature.
  ///   - leaveOut: called with what is wrong with a report that does not count, where signatures are looked
  ///     at; otherwise it ends the call.
  /// - Throws: `noInput` where it is no run, `badData` for its settings or a report.
  public init(
    path: String, rounds last: Int, minimumSites: Int?, signers: AllowedSigners? = nil,
    leaveOut: (FedMedError) -> Void = { _ in }
  ) throws(FedMedError) {
    let settings = try RunSettings(path: "\(path)/settings")
    let suffix = try settings.suffix(file: "\(path)/settings")
    self.suffix = suffix
    func folder(_ round: Int) -> String { "\(path)/\(RunFolder.round(round))" }
    func lacking(_ names: [String], _ folder: String, _ suffix: String) -> [String] {
      names.filter { !ByteSource.isRegularFile("\(folder)/\($0)\(suffix)") }
    }
    var newest = -1
    while newest < last, ByteSource.isRegularFile("\(folder(newest + 1))/model\(suffix)") {
      newest += 1
    }
    round = max(newest, 0)
    sites = settings.sites
    let everyone = settings.sites + settings.global
    missingReports = newest > 0 ? lacking(sites, "\(folder(newest))/reports", ".tar") : []
    missingUpdates =
      (0..<last).contains(newest) ? lacking(sites, "\(folder(newest + 1))/updates", suffix) : []
    missingTests = lacking(everyone, "\(path)/results", ".tar")

    var reports: [SiteReport] = []
    for number in 1..<max(minimumSites == nil ? 1 : newest + 1, 1) {
      for name in sites {
        let file = "\(folder(number))/reports/\(name).tar"
        guard ByteSource.isRegularFile(file) else { continue }
        do throws(FedMedError) {
          if let signers {
            reports.append(try signers.report(path: file))
          } else {
            reports.append(try SiteReport(path: file))
          }
        } catch {
          guard signers != nil, error.code == .badData || error.code == .refused else {
            throw error
          }
          leaveOut(error)
        }
      }
    }
    let selection = try RoundSelection(reports, minimumSites: minimumSites ?? 1) {
      error throws(FedMedError) in
      guard signers != nil else { throw error }
      leaveOut(error)
    }
    best = selection.best
    let (names, chosen) = (sites, selection.best)
    rounds = selection.scores.map { score in
      let late = lacking(names, "\(folder(score.round))/updates", suffix)
      let silent = lacking(names, "\(folder(score.round))/reports", ".tar")
      return Round(
        score: score, isBest: score.round == chosen, answered: names.filter { !late.contains($0) },
        missed: names.flatMap { name in
          (late.contains(name) ? ["\(name) (update)"] : [])
            + (silent.contains(name) ? ["\(name) (report)"] : [])
        })
    }
    task =
      newest < 0
      ? .start
      : newest < last
        ? .train : !missingReports.isEmpty ? .report : missingTests.isEmpty ? .done : .test
  }

  /// The bytes that the sites of the run in `path` have received and sent.
  /// - Throws: `noInput` if its rounds cannot be read.
  public func traffic(in path: String) throws(FedMedError) -> RunTraffic {
    try RunTraffic(path: path, suffix: suffix)
  }
}
