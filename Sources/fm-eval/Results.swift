import FMCommand
import FedMed

/// Putting results together.
extension Evaluate {
  private func reports() throws(FedMedError) -> [SiteReport] {
    guard !inputs.isEmpty else { throw FedMedError(.usage, "no reports") }
    guard let signers = try signatures() else {
      return try inputs.map { path throws(FedMedError) in try SiteReport(path: path) }
    }
    // What is not signed by the site that it names is left out, like an update.
    var reports: [SiteReport] = []
    for path in inputs {
      do throws(FedMedError) {
        reports.append(try signers.report(path: path))
      } catch {
        guard error.code == .badData || error.code == .refused else { throw error }
        messages.leaveOut(error)
      }
    }
    guard !reports.isEmpty else { throw FedMedError(.tryAgain, "no report is left") }
    return reports
  }

  /// Of reports that must be signed, one that does not belong to the others is left out too.
  private func leaveOut(_ error: FedMedError) throws(FedMedError) {
    guard signer.isGiven else { throw error }
    messages.leaveOut(error)
  }

  private func signatures() throws(FedMedError) -> AllowedSigners? {
    let signers = try signer.signatures.allowed()
    guard signers == nil || !inputs.contains("-") else {
      throw FedMedError(.usage, "what is signed is a file, not a stream")
    }
    return signers
  }

  func table() throws(FedMedError) {
    let tests = try TestReports(reports(), refuse: leaveOut)
    let table = ResultTable(tests, score: metric ?? .accuracy)
    try Output.write(
      text: table.records(metric ?? .accuracy).text(format), to: output, inputs: inputs)
  }

  func selectRound() throws(FedMedError) {
    let minimum = minSites ?? 1
    guard minimum > 0 else { throw FedMedError(.usage, "--min-sites must be at least 1") }
    let selection = try RoundSelection(reports(), minimumSites: minimum, refuse: leaveOut)
    var records = Records("rounds", columns: ["round", "sites", "accuracy", "best"])
    for score in selection.scores {
      records.add([
        .integer(score.round), .integer(score.sites), .rounded(score.accuracy, places: 6),
        .integer(score.round == selection.best ? 1 : 0),
      ])
    }
    try Output.write(text: records.text(format), to: output, inputs: inputs)
  }

  func check() throws(FedMedError) {
    guard !inputs.isEmpty else { throw FedMedError(.usage, "no archives") }
    var records = Records(
      "archives", columns: ["file", "kind", "round", "site", "samples", "identity"])
    var failure: FedMedError?
    let signers = try signatures()
    func add(_ file: String, _ manifest: Manifest, _ identity: String) {
      records.add([
        .string(file), .string(manifest.kind.rawValue),
        manifest.round.map { .integer($0) } ?? .null, manifest.site.map { .string($0) } ?? .null,
        manifest.samples.map { .integer($0) } ?? .null, .string(identity),
      ])
    }
    for path in inputs {
      if Folder.isFolder(path) {
        let bar = progress("verifying rounds", total: nil)
        let run = try RunCheck(path: path) { bar.update($0) }
        bar.finish()
        for entry in run.entries { add("\(path)/\(entry.file)", entry.manifest, entry.identity) }
        for error in run.failures {
          if failure == nil { failure = error } else { messages.report(error) }
        }
        continue
      }
      do throws(FedMedError) {
        _ = try signers?.check(path: path, signer: signer.name)
        let (manifest, identity) = try ArchiveCheck.check(path: path)
        add(path, manifest, identity)
      } catch {
        // The others are looked at all the same; the last line is the first failure's.
        if failure == nil { failure = error } else { messages.report(error) }
      }
    }
    try Output.write(text: records.text(format), to: output, inputs: inputs)
    if let failure { throw failure }
  }
}

extension ResultTable {
  /// In percent where the score is a share.
  func records(_ score: Score) -> Records {
    // A mean over classes does not say by itself that some are missing.
    let marksGaps = score.isMeanOverClasses && rows.contains { $0.hiddenClasses > 0 }
    var records = Records(
      "table",
      columns: ["site", "samples"] + predictors.map(\.rawValue)
        + (marksGaps ? ["hidden_classes"] : []))
    for row in rows {
      let values = row.values.map { value in
        score.isShare
          ? JSON.rounded(value.map { 100 * $0 }, places: 2) : JSON.rounded(value, places: 4)
      }
      records.add(
        [.string(row.site), .integer(row.samples)] + values
          + (marksGaps ? [.integer(row.hiddenClasses)] : []))
    }
    return records
  }
}
