import FMArchive
import FMBase
import FMReports
import Glibc

/// The files of a run's folder that tell its status.
struct RunFiles {
  let path: String

  func round(_ number: Int) -> String { "\(path)/\(RunFolder.round(number))" }

  /// The number of the newest model; 0 if there is none.
  func newestRound(suffix: String) -> Int {
    var newest = 0
    while ByteSource.isRegularFile("\(round(newest + 1))/model\(suffix)") { newest += 1 }
    return newest
  }

  /// The time of the last change, in seconds since 1970; `nil` if there is no such file.
  static func time(_ path: String) -> Int? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mtim.tv_sec : nil
  }

  /// The round that `rounds.tsv` marks as the best one.
  func best() throws(FedMedError) -> RunStatus.Best? {
    try rows(of: "rounds.tsv", ["round", "accuracy", "best"]).first { $0[2] == "1" }.flatMap {
      row in
      Int(row[0]).map { .init(round: $0, accuracy: Double(row[1])) }
    }
  }

  /// The process that holds the run's lock, or the Slurm job that the run waits for.
  func worker() -> RunStatus.Worker? {
    var status = stat()
    let lock = "\(path)/fm-federate.lock"
    // The kernel's list of locks: trying the lock would keep a run from starting at that moment.
    if stat(lock, &status) == 0, let locks = lines("/proc/locks", limit: 1 << 24),
      locks.contains(where: {
        $0.contains(" FLOCK ") && $0.contains(":\(status.st_ino) ") && !$0.contains("->")
      })
    {
      return .process(lines(lock, limit: 64)?.first.map { String($0) } ?? "unknown")
    }
    return lines("\(path)/slurm", limit: 4096)?.first.flatMap { line in
      line.split(separator: "\t").dropFirst().first.map { .job(printable(String($0))) }
    }
  }

  /// The task that the server has asked its sites for; `nil` if the sites do not call by themselves.
  func requestedTask() -> RunProgress.Task? {
    switch wanted("task") {
    case "train": .train
    case "report": .report
    case "test", "calibrate": .test
    default: nil
    }
  }

  /// The time of the server's present request, in seconds since 1970; `nil` if it has none.
  func waitingSince() -> Int? { wanted("since").flatMap { Int($0) } }

  /// A value of the server's present request; `nil` if it has none.
  private func wanted(_ key: String) -> Substring? {
    lines("\(path)/wanted", limit: 1 << 24)?.first { $0.hasPrefix("\(key)\t") }?
      .dropFirst(key.count + 1)
  }

  /// The reason why a site's job ended without an answer; `nil` if it did not, or wrote nothing.
  /// - Parameters:
  ///   - name: the site.
  ///   - log: the path of the job's log.
  func failure(of name: String, log: String) -> String? {
    let status = lines("\(path)/jobs/\(name).status", limit: 64)?.first ?? "000"
    guard status != "000", let messages = lines(log, limit: 1 << 20) else { return nil }
    return messages.last { !$0.contains(": hint: ") }.map { printable(String($0), limit: 400) }
  }

  /// The files that the server refused, by round: on reception, and as outliers.
  func refusals(suffix: String) throws(FedMedError) -> [RunStatus.Problem] {
    var problems: [RunStatus.Problem] = []
    for name in (try? Folder.names("\(path)/rounds", failingWith: .noInput)) ?? [] {
      guard let round = Int(name), round >= 0 else { continue }
      let folder = "rounds/\(name)"
      let received = try rows(of: "\(folder)/received.tsv", ["decision", "name", "reason"])
      for row in received where row[0] == "refused" {
        let file = "\(path)/\(folder)/refused/\(row[1])"
        problems.append(
          .init(
            site: row[1], round: round, reason: row[2],
            time: [".tar", suffix].lazy.compactMap { Self.time(file + $0) }.first))
      }
      let audit = try rows(of: "\(folder)/audit.tsv", ["decision", "file", "reason"])
      for row in audit where row[0] == "refused" {
        let file = row[1].split(separator: "/").last ?? ""
        problems.append(
          .init(
            site: String(file.hasSuffix(suffix) ? file.dropLast(suffix.count) : file),
            round: round, reason: row[2], time: Self.time("\(path)/\(folder)/audit.tsv")))
      }
    }
    return problems
  }

  /// The ε that a site's data set has spent as of its last update up to a round; `nil` if it has
  /// sent none.
  func spent(
    by site: String, upTo last: Int, suffix: String
  ) throws(FedMedError) -> (site: String, round: Int, epsilon: Double)? {
    for number in (1..<last + 1).reversed() {
      let file = "\(round(number))/updates/\(site)\(suffix)"
      guard ByteSource.isRegularFile(file) else { continue }
      let manifest = try ArchiveReader(path: file, kinds: [.update, .masked]).manifest
      switch manifest.payload {
      case .update(let update): return update.privacy.map { (site, number, $0.spent) }
      case .masked(let masked): return masked.privacy.map { (site, number, $0.spent) }
      default: return nil
      }
    }
    return nil
  }

  /// The cells of some columns of a table of the run, by row; none if there is no such file.
  private func rows(of name: String, _ columns: [String]) throws(FedMedError) -> [[String]] {
    let file = "\(path)/\(name)"
    guard ByteSource.isRegularFile(file) else { return [] }
    do throws(FedMedError) {
      let table = try Table(text: ByteSource(path: file).text(limit: 1 << 28), file: file)
      var cells: [[String]] = []
      for column in columns { cells.append(try table.column(column)) }
      return table.rows.indices.map { row in cells.map { $0[row] } }
    } catch {
      throw error.naming(file: file)
    }
  }

  /// The lines of a small file; `nil` if it cannot be read.
  private func lines(_ file: String, limit: Int) -> [Substring]? {
    (try? ByteSource(path: file).text(limit: limit)).map { Table.lines($0) }
  }
}
