import FMArchive
import FMBase
import FMMethods
import FMNumerics
import FMReports

/// Verification of a whole run of fm-federate against the checksums recorded at the end of each
/// round: no file is missing or modified, every report and state belongs to the run, and every
/// model can be reproduced from its updates.
public struct RunCheck {
  /// An archive of the run.
  public struct Entry: Sendable {
    /// The path of the file in the run's folder.
    public let file: String
    /// The manifest.
    public let manifest: Manifest
    /// The identity of the archive.
    public let identity: String
  }

  /// All archives, sorted by file name.
  public private(set) var entries: [Entry] = []
  /// All errors found.
  public private(set) var failures: [FedMedError] = []

  private let folder: String
  private var recorded: [String: String] = [:]
  private var models: [Int: ModelArchive] = [:]
  /// The calibrated models, by round.
  private var calibrated: [Int: ModelArchive] = [:]
  private var settings = RunSettings()

  /// Verifies a run; `failures` collects the errors.
  /// - Parameters:
  ///   - path: the run's folder.
  ///   - progress: called with the number of rounds verified.
  /// - Throws: `noInput` if it is not the folder of a run.
  public init(path: String, progress: (Int) -> Void = { _ in }) throws(FedMedError) {
    folder = RunFolder.path(path)
    let rounds = try Folder.names("\(folder)/rounds", failingWith: .noInput)
      .filter { Int($0) != nil }.sorted { Int($0) ?? 0 < Int($1) ?? 0 }
    attempt { check throws(FedMedError) in
      check.settings = try RunSettings(path: "\(check.folder)/settings")
    }
    for (number, name) in rounds.enumerated() {
      check(round: Int(name) ?? 0, in: "rounds/\(name)", isLast: number == rounds.count - 1)
      progress(number + 1)
    }
    checkResults()
    // The checksums of a model's reports are recorded with the next model, or with the results.
    for name in rounds {
      for report in files("rounds/\(name)/reports") where !report.hasSuffix(".sig") {
        attempt { check throws(FedMedError) in
          try check.checkReport(report, Int(name) ?? 0, .validation)
        }
      }
    }
    checkStates()
    for file in recorded.keys.sorted(by: { $0.precedes($1) }) {
      attempt { check throws(FedMedError) in try check.checkRecorded(file) }
    }
    entries.sort { $0.file.precedes($1.file) }
  }

  /// Records an error thrown by `body`, and continues.
  private mutating func attempt(_ body: (inout RunCheck) throws(FedMedError) -> Void) {
    do throws(FedMedError) { try body(&self) } catch { failures.append(error) }
  }

  private func fault(_ file: String, _ reason: String) -> FedMedError {
    FedMedError(.badData, reason, file: "\(folder)/\(file)")
  }

  private func exists(_ file: String) -> Bool { ByteSource.isRegularFile("\(folder)/\(file)") }

  /// The files in a folder, except hidden ones.
  private func files(_ name: String) -> [String] {
    Folder.files("\(folder)/\(name)").compactMap { path in
      let base = path.split(separator: "/").last.map(String.init) ?? ""
      return base.hasPrefix(".") ? nil : "\(name)/\(base)"
    }
  }

  // MARK: - Checksums

  /// Reads a list of checksums in the format of sha256sum.
  private mutating func record(_ list: String) throws(FedMedError) {
    guard exists(list) else { throw fault(list, "missing, although its round has ended") }
    let path = "\(folder)/\(list)"
    for (index, line) in Table.lines(try ByteSource(path: path).text(limit: 1 << 28)).enumerated() {
      let (sum, file) = (line.prefix(64), String(line.dropFirst(66)))
      guard sum.count == 64, line.dropFirst(64).hasPrefix("  "), !file.hasPrefix("/"),
        !file.split(separator: "/").contains(".."), !file.isEmpty
      else {
        throw FedMedError(
          .badData, "not in the format of sha256sum", file: path, place: "line \(index + 1)")
      }
      recorded[file] = String(sum)
    }
  }

  private func checkRecorded(_ file: String) throws(FedMedError) {
    guard exists(file) else { throw fault(file, "missing, although its round has ended") }
    let sum = try SHA256.hexadecimal(
      of: ByteSource(path: "\(folder)/\(file)"), limit: ArchiveReader.fileLimit())
    guard sum == recorded[file] else { throw fault(file, "has changed since its round ended") }
  }

  // MARK: - Rounds

  private mutating func check(round: Int, in name: String, isLast: Bool) {
    let all = files(name)
    guard
      let model = all.first(where: { $0.hasPrefix("\(name)/model.tar") && !$0.hasSuffix(".sig") })
    else {
      // Nothing is recorded yet of a round that has not ended, unless it was killed at the end.
      let hasEnded = all.contains("\(name)/checksums") && !all.contains("\(name)/model.new")
      if !isLast || hasEnded {
        attempt { check throws(FedMedError) in try check.record("\(name)/checksums") }
      }
      return
    }
    attempt { check throws(FedMedError) in
      try check.record("\(name)/checksums")
      for file in [model] + check.files("\(name)/updates")
        + (round > 0 ? ["\(name)/audit.tsv"] : [])
      where check.recorded[file] == nil { throw check.fault(file, "is not part of the run") }
    }
    attempt { check throws(FedMedError) in
      let archive = try ModelArchive(model: "\(check.folder)/\(model)")
      check.models[round] = archive
      check.entries.append(
        Entry(file: model, manifest: archive.manifest, identity: archive.identity))
      guard archive.round == round else {
        throw check.fault(model, "expected round \(round), found \(archive.round)")
      }
      if round > 0 { try check.checkModel(archive, round, name) }
    }
    guard
      let file = all.first(where: {
        $0.hasPrefix("\(name)/calibrated.tar") && !$0.hasSuffix(".sig")
      })
    else { return }
    attempt { check throws(FedMedError) in try check.checkCalibrated(file, round, name) }
  }

  /// Recomputes the model of a round.
  private mutating func checkModel(
    _ model: ModelArchive, _ round: Int, _ name: String
  ) throws(FedMedError) {
    guard let before = models[round - 1] else { return }
    guard model.model?.parent == before.identity else {
      throw FedMedError(.badData, "does not start from \(before.name)", file: model.name)
    }
    var paths: [String: String] = [:]
    for file in files("\(name)/updates") where !file.hasSuffix(".sig") {
      let reader = try ArchiveReader(path: "\(folder)/\(file)", kinds: [.update, .masked])
      try reader.verify()
      entries.append(Entry(file: file, manifest: reader.manifest, identity: reader.identity))
      paths[reader.identity] = "\(folder)/\(file)"
    }
    var inputs: [String] = []
    for input in model.model?.inputs ?? [] {
      guard let path = paths[input.identity] else {
        throw FedMedError(
          .badData, "the update of site '\(printable(input.site))' is missing", file: model.name)
      }
      inputs.append(path)
    }
    let recomputed = try settings.aggregate(in: folder, inputs, into: model, global: before)
    let keeps = model.model?.keepsStatistics == true
    guard recomputed.model == model.tensors,
      !keeps || recomputed.statistics?.totals == model.totals
    else {
      throw FedMedError(.badData, "cannot be reproduced from its updates", file: model.name)
    }
  }

  /// Recomputes the temperature of a model.
  private mutating func checkCalibrated(
    _ file: String, _ round: Int, _ name: String
  ) throws(FedMedError) {
    let archive = try ModelArchive(model: "\(folder)/\(file)")
    entries.append(Entry(file: file, manifest: archive.manifest, identity: archive.identity))
    guard let model = models[round] else { return }
    var calibration = try ModelCalibration(model)
    for report in files("\(name)/reports") where report.hasSuffix(".tar") {
      try calibration.add(SiteReport(path: "\(folder)/\(report)"))
    }
    guard try calibration.tensors() == archive.tensors, archive.totals == model.totals else {
      throw FedMedError(.badData, "cannot be reproduced from its reports", file: archive.name)
    }
    calibrated[round] = archive
  }

  private mutating func checkReport(
    _ file: String, _ round: Int, _ split: Split
  ) throws(FedMedError) {
    let report = try SiteReport(path: "\(folder)/\(file)")
    entries.append(Entry(file: file, manifest: report.manifest, identity: report.identity))
    let hasEnded = models[round + 1] != nil || exists("finished")
    guard !hasEnded || recorded[file] != nil else { throw fault(file, "is not part of the run") }
    let tested = split == .test ? calibrated[report.round] : nil
    guard report.report.split == split.rawValue, let model = tested ?? models[report.round],
      report.scored.parent == model.identity, split == .test || report.round == round
    else { throw fault(file, "is not a \(split.rawValue) report on a model of the run") }
  }

  // MARK: - The end

  private mutating func checkResults() {
    guard exists("finished") else { return }
    attempt { check throws(FedMedError) in try check.record("finished") }
    attempt { check throws(FedMedError) in try check.record("results/checksums") }
    for file in files("results") where file.hasSuffix(".tar") {
      attempt { check throws(FedMedError) in
        guard check.recorded[file] != nil else { throw check.fault(file, "is not part of the run") }
        try check.checkReport(file, 0, .test)
      }
    }
  }

  /// Checks the private states of a run on one machine: each must have been trained from a model of
  /// the run, which need not be the last one.
  private mutating func checkStates() {
    let identities = Set(models.values.map(\.identity))
    for name in (try? Folder.names("\(folder)/sites", failingWith: .noInput)) ?? []
    where !name.hasPrefix(".") {
      let file = "sites/\(name)/state.tar"
      guard exists(file) else { continue }
      attempt { check throws(FedMedError) in
        let reader = try ArchiveReader(path: "\(check.folder)/\(file)", kinds: [.state])
        check.entries.append(
          Entry(file: file, manifest: reader.manifest, identity: reader.identity))
        let state = try StateArchive(reader)
        guard identities.contains(state.parent) else {
          throw check.fault(file, "was not trained from a model of the run")
        }
      }
    }
  }
}
