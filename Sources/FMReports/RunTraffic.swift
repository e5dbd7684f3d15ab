import FMArchive
import FMBase
import Glibc

/// The sizes of the files that a run sends between sites and server.
public struct RunTraffic: Sendable {
  /// One entry per round and site that answered, in the order of rounds and then of sites.
  public let entries: [RunReport.Traffic]

  /// Adds up the sizes of the models, updates and reports in a run's folder.
  ///
  /// An entry belongs to the round of the model that the site received: `down` is the size of that
  /// model, including its calibrated form, and `up` the size of the site's report on it plus that
  /// of its update for the next round.
  /// - Parameters:
  ///   - path: the run's folder.
  ///   - suffix: the ending of models and updates, such as `.tar.gz`.
  /// - Throws: `noInput` if the folder of rounds cannot be read.
  public init(path: String, suffix: String) throws(FedMedError) {
    var down: [Int: Int] = [:]
    var up: [Int: [String: Int]] = [:]
    for name in try Folder.names("\(path)/rounds", failingWith: .noInput) {
      guard let round = Int(name), round >= 0 else { continue }
      let folder = "\(path)/rounds/\(name)"
      for model in ["model", "calibrated"] {
        down[round, default: 0] += Self.size("\(folder)/\(model)\(suffix)") ?? 0
      }
      func add(_ round: Int, _ part: String, _ suffix: String) {
        let files = try? Folder.names("\(folder)/\(part)", failingWith: .noInput)
        for file in files ?? [] where file.hasSuffix(suffix) && !file.hasPrefix(".") {
          guard let size = Self.size("\(folder)/\(part)/\(file)") else { continue }
          up[round, default: [:]][String(file.dropLast(suffix.count)), default: 0] += size
        }
      }
      add(round - 1, "updates", suffix)
      add(round, "reports", ".tar")
    }
    entries = up.keys.sorted().flatMap { round in
      let sites = up[round, default: [:]]
      return sites.keys.sorted { $0.precedes($1) }.map { site in
        RunReport.Traffic(
          round: round, site: site, down: down[round] ?? 0, up: sites[site] ?? 0)
      }
    }
  }

  private static func size(_ path: String) -> Int? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }
}
