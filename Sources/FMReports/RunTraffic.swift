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
        for (site, size) in Self.sizes("\(folder)/\(part)", suffix) {
          up[round, default: [:]][site, default: 0] += size
        }
      }
      // With secure aggregation, the other steps of the round too, and before the first one those
      // of the exchange of keys.
      for agreed in ["agreement", "confirmation"] where round > 0 {
        down[round - 1, default: 0] += Self.size("\(folder)/\(agreed).tar") ?? 0
      }
      add(round - 1, "confirmed", ".tar")
      add(round - 1, "revealed", ".tar")
      add(round - 1, "updates", suffix)
      add(round, "reports", ".tar")
    }
    for name in ["sites", "agreement", "sharers"] {
      down[0, default: 0] += Self.size("\(path)/secure/\(name).tar") ?? 0
    }
    // All sites receive deliveries of the same size.
    down[0, default: 0] += Self.sizes("\(path)/secure/deliveries", ".tar").values.first ?? 0
    for part in ["keys", "shares", "accepted"] {
      for (site, size) in Self.sizes("\(path)/secure/\(part)", ".tar") {
        up[0, default: [:]][site, default: 0] += size
      }
    }
    entries = up.keys.sorted().flatMap { round in
      let sites = up[round, default: [:]]
      return sites.keys.sorted { $0.precedes($1) }.map { site in
        RunReport.Traffic(
          round: round, site: site, down: down[round] ?? 0, up: sites[site] ?? 0)
      }
    }
  }

  /// The sizes of the files in a folder, by their names without the suffix.
  private static func sizes(_ folder: String, _ suffix: String) -> [String: Int] {
    var sizes: [String: Int] = [:]
    for file in (try? Folder.names(folder, failingWith: .noInput)) ?? []
    where file.hasSuffix(suffix) && !file.hasPrefix(".") {
      sizes[String(file.dropLast(suffix.count))] = size("\(folder)/\(file)")
    }
    return sizes
  }

  private static func size(_ path: String) -> Int? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }
}
