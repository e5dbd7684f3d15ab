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

  /// The time of the last change, in seconds since 1970; nil if there is no such file.
  static func time(_ path: String) -> Int? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mtim.tv_sec : nil
  }

  /// The round that `rounds.tsv` marks as the best one.
  func best() throws(FedMedError) -> RunStatus.Best? {
    guard let (rows, columns) = try table("rounds.tsv", ["round", "accuracy", "best"]) else {
      return nil
    }
    return rows.first { $0[columns[2]] == "1" }.flatMap { row in
      Int(row[columns[0]]).map { .init(round: $0, accuracy: Double(row[columns[1]])) }
    }
  }

  /// The process that holds the run's lock, or the Slurm job that the run waits for.
  func worker() -> RunStatus.Worker? {
    var status = stat()
    let lock = "\(path)/fm-federate.lock"
    // The kernel's list of locks: to try the lock would keep a run from starting at that moment.
    if stat(lock, &status) == 0, let locks = firstLines("/proc/locks", limit: 1 << 24),
      locks.contains(where: {
        $0.contains(" FLOCK ") && $0.contains(":\(status.st_ino) ") && !$0.contains("->")
      })
    {
      return .process(firstLines(lock, limit: 64)?.first.map { String($0) } ?? "unknown")
    }
    return firstLines("\(path)/slurm", limit: 4096)?.first.flatMap { line in
      line.split(separator: "\t").dropFirst().first.map { .job(printable(String($0))) }
    }
  }

  /// The task that the server has asked its sites for; `nil` if the sites do not call by themselves.
  func requestedTask() -> RunProgress.Task? {
    let line = firstLines("\(path)/wanted", limit: 1 << 24)?.first { $0.hasPrefix("task\t") }
    switch line?.dropFirst(5) {
    case "train": return .train
    case "report": return .report
    case "test", "calibrate": return .test
    default: return nil
    }
  }

  /// The time of the server's present request, in seconds since 1970; `nil` if it has none.
  func waitingSince() -> Int? {
    firstLines("\(path)/wanted", limit: 1 << 24)?.lazy.filter { $0.hasPrefix("since\t") }
      .compactMap { Int($0.dropFirst(6)) }.first
  }

  /// The reason why a site's job ended without an answer; `nil` if it did not, or wrote nothing.
  /// - Parameters:
  ///   - name: the site.
  ///   - log: the path of the job's log.
  func failure(of name: String, log: String) -> String? {
    let status = firstLines("\(path)/jobs/\(name).status", limit: 64)?.first ?? "000"
    guard status != "000", let lines = firstLines(log, limit: 1 << 20) else { return nil }
    return lines.last { !$0.contains(": hint: ") }.map { printable(String($0), limit: 400) }
  }

  /// The files that the server refused, by round: on reception, and as outliers.
  func refusals(suffix: String) throws(FedMedError) -> [RunStatus.Problem] {
    var problems: [RunStatus.Problem] = []
    for name in (try? Folder.names("\(path)/rounds", failingWith: .noInput)) ?? [] {
      guard let round = Int(name), round >= 0 else { continue }
      let folder = "rounds/\(name)"
      let received = try table("\(folder)/received.tsv", ["decision", "name", "reason"])
      for row in received?.rows ?? [] where row[received?.columns[0] ?? 0] == "refused" {
        let site = row[received?.columns[1] ?? 0]
        problems.append(
          .init(
            site: site, round: round, reason: row[received?.columns[2] ?? 0],
            time: ["tar", suffix].lazy
              .compactMap { Self.time("\(path)/\(folder)/refused/\(site)\($0)") }.first))
      }
      let audit = try table("\(folder)/audit.tsv", ["decision", "file", "reason"])
      for row in audit?.rows ?? [] where row[audit?.columns[0] ?? 0] == "refused" {
        let file = row[audit?.columns[1] ?? 0].split(separator: "/").last.map(String.init) ?? ""
        problems.append(
          .init(
            site: file.hasSuffix(suffix) ? String(file.dropLast(suffix.count)) : file,
            round: round, reason: row[audit?.columns[2] ?? 0],
            time: Self.time("\(path)/\(folder)/audit.tsv")))
      }
    }
    return problems
  }

  /// The rows of a table of the run, and the places of `columns`; nil if there is no such file.
  private func table(
    _ name: String, _ columns: [String]
  ) throws(FedMedError) -> (rows: [[String]], columns: [Int])? {
    let file = "\(path)/\(name)"
    guard ByteSource.isRegularFile(file) else { return nil }
    let table = try Table(text: ByteSource(path: file).text(limit: 1 << 28), file: file)
    var places: [Int] = []
    for column in columns {
      guard let place = table.header.firstIndex(of: column) else {
        throw FedMedError(.badData, "no column '\(column)'", file: file)
      }
      places.append(place)
    }
    return (table.rows, places)
  }

  /// The lines of a small file; nil if it cannot be read.
  private func firstLines(_ file: String, limit: Int) -> [Substring]? {
    (try? ByteSource(path: file).text(limit: limit)).map { Table.lines($0) }
  }
}
