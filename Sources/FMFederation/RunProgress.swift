import FMArchive
import FMBase
import FMReports

/// The progress of a run of fm-federate, derived from the files in its folder: the next task, the
/// sites it concerns, and the best round so far.
public struct RunProgress: Sendable {
  /// The next task of the run.
  public enum Task: String, Sendable {
    /// Create the initial model.
    case start
    /// Sites train the model of `round`, and report on it.
    case train
    /// Sites report on the last model.
    case report
    /// Sites test the best model.
    case test
    /// Nothing: every site has been tested.
    case done
  }

  /// A round with validation reports.
  public struct Round: Equatable, Sendable {
    /// The validation score of the round.
    public let score: RoundSelection.Score
    /// Whether it is the best round so far.
    public let isBest: Bool
    /// The sites whose updates are in the model.
    public let answered: [String]
    /// The sites without an update or a report for the round, each with what is missing.
    public let missed: [String]
  }

  /// The next task.
  public let task: Task
  /// The round of the newest model.
  public let round: Int
  /// The names of the training sites, in the order of the run's settings.
  public let sites: [String]
  /// The sites whose update for the next round is missing; empty after the last round.
  public let missingUpdates: [String]
  /// The sites whose report on the model of `round` is missing.
  public let missingReports: [String]
  /// The sites whose test report is missing, including the held-out site Global.
  public let missingTests: [String]
  /// The best round by validation so far; `nil` if no round has been validated by enough sites.
  /// With differential privacy, sites do not report on validation samples, and this is the last
  /// round.
  public let best: Int?
  /// The validated rounds.
  public let rounds: [Round]
  /// The ending of models and updates, such as `.tar.gz`.
  private let suffix: String

  /// Reads the folder of a run.
  /// - Parameters:
  ///   - path: the run's folder.
  ///   - last: the number of rounds of the run.
  ///   - minimumSites: the fewest reports that a round must have to be a candidate for the best
  ///     one; `nil` reads no reports, and `best` is then `nil`.
  ///   - signers: the allowed signers of reports; `nil` ignores signatures.
  ///   - discard: called with the error of each discarded report if signatures are checked;
  ///     otherwise that error is thrown.
  /// - Throws: `noInput` if it is not the folder of a run; `badData` if its settings or a report
  ///   are malformed; `ioError` if reading fails.
  public init(
    path: String, rounds last: Int, minimumSites: Int?, signers: AllowedSigners? = nil,
    discard: (FedMedError) -> Void = { _ in }
  ) throws(FedMedError) {
    let settings = try RunSettings(path: "\(path)/settings")
    let suffix = try settings.suffix(file: "\(path)/settings")
    self.suffix = suffix
    func folder(_ round: Int) -> String { "\(path)/\(RunFolder.round(round))" }
    func missing(_ names: [String], _ folder: String, _ suffix: String) -> [String] {
      names.filter { !ByteSource.isRegularFile("\(folder)/\($0)\(suffix)") }
    }
    var newest = -1
    while newest < last, ByteSource.isRegularFile("\(folder(newest + 1))/model\(suffix)") {
      newest += 1
    }
    round = max(newest, 0)
    sites = settings.sites
    let everyone = settings.sites + settings.global
    missingReports =
      newest > 0 && !settings.addsNoise ? missing(sites, "\(folder(newest))/reports", ".tar") : []
    missingUpdates =
      (0..<last).contains(newest) ? missing(sites, "\(folder(newest + 1))/updates", suffix) : []
    missingTests = missing(everyone, "\(path)/results", ".tar")

    var reports: [SiteReport] = []
    let readsReports = minimumSites != nil && !settings.addsNoise
    for number in 1..<max(readsReports ? newest + 1 : 1, 1) {
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
          discard(error)
        }
      }
    }
    let selection = try RoundSelection(reports, minimumSites: minimumSites ?? 1) {
      error throws(FedMedError) in
      guard signers != nil else { throw error }
      discard(error)
    }
    best = settings.addsNoise && minimumSites != nil && newest > 0 ? newest : selection.best
    let (names, chosen) = (sites, selection.best)
    rounds = selection.scores.map { score in
      let withoutUpdate = missing(names, "\(folder(score.round))/updates", suffix)
      let withoutReport = missing(names, "\(folder(score.round))/reports", ".tar")
      return Round(
        score: score, isBest: score.round == chosen,
        answered: names.filter { !withoutUpdate.contains($0) },
        missed: names.flatMap { name in
          (withoutUpdate.contains(name) ? ["\(name) (update)"] : [])
            + (withoutReport.contains(name) ? ["\(name) (report)"] : [])
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
