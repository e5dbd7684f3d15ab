import ArgumentParser
import FMCommand
import FedMed
import Glibc

/// The options of a run with noise.
struct PrivacyOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The folder of the ledger of this data set (FEATURES.ledger).", valueName: "folder"),
    completion: .directory)
  var ledger: String?

  @Option(
    help: ArgumentHelp(
      "Refuse a round that would raise the epsilon of this data set, over all runs, above this.",
      valueName: "epsilon"))
  var budget: Double?

  @Option(
    help: ArgumentHelp(
      "The column of the feature table that names the patients (patient).", valueName: "column"))
  var patient: String?

  /// The column of the patients, which must exist if it was named.
  /// - Throws: `badData` if it does not.
  func patients(in features: FeatureSet) throws(FedMedError) -> String {
    guard let patient else { return "patient" }
    do throws(FedMedError) {
      _ = try features.table.column(patient)
    } catch {
      throw FedMedError(
        .badData, error.reason, file: features.name,
        hint: "--patient names the column of the patients")
    }
    return patient
  }

  @Option(
    help: ArgumentHelp(
      "Add only a part of the noise, because the update will be summed with those of this list of sites (secure aggregation).",
      valueName: "sites"), completion: .file())
  var shareNoise: String?

  mutating func validate() throws {
    guard budget ?? 1 > 0 else { throw ValidationError("--budget must be above 0") }
  }

  /// The list of sites that the update is summed with; `nil` if it is sent alone.
  /// - Throws: `noInput` or `badData` if the list cannot be read.
  func sites() throws(FedMedError) -> SecureSites? {
    try shareNoise.map { path throws(FedMedError) in try SecureSites(path: path, signers: nil) }
  }

  /// Checks that a run without noise was not to be limited.
  /// - Throws: `refused` if it was.
  func requireNone(model: String) throws(FedMedError) {
    guard budget == nil, ledger == nil else {
      throw FedMedError(
        .refused, "the run adds no noise, although --budget or --ledger is given", file: model)
    }
  }

  /// The ledger's folder: by default beside the feature archive itself, not beside a link to it.
  /// - Throws: `usage` if the features come from a stream.
  func path(features: String) throws(FedMedError) -> String {
    if let ledger { return ledger }
    guard features != "-", let path = realpath(features, nil) else {
      throw FedMedError(.usage, "--features - requires --ledger in a run with noise")
    }
    defer { free(path) }
    return "\(String(cString: path)).ledger"
  }
}

/// The files that a round writes.
struct RoundFiles {
  /// The update; `nil` is standard output.
  var update: String?
  var state: String
  /// `nil` if no table is wanted.
  var log: String?
}

/// The folder of a ledger: `ledger.json`, and a folder with the files of each release.
final class LedgerFolder {
  private let folder: PrivateFolder
  /// The ledger.
  private(set) var ledger = PrivacyLedger()

  /// Opens and locks the folder, which is created if it does not exist.
  /// - Throws: `cannotCreate` if it cannot be created; `tryAgain` if another process uses it;
  ///   `badData` if the ledger is malformed; `refused` if it is missing, although something was
  ///   released; `ioError` if reading fails.
  init(path: String) throws(FedMedError) {
    folder = try PrivateFolder(path: path)
    let file = folder.file("ledger.json")
    guard folder.has("ledger.json") else {
      // A lost ledger must not look like a new one.
      guard
        try Folder.names(path, failingWith: .noInput).allSatisfy({
          // A killed process may have left an unfinished ledger.
          Self.own.contains($0) || $0.hasPrefix(".ledger.json.")
        })
      else {
        throw FedMedError(
          .refused, "missing, although the folder has files of releases", file: file,
          hint: "what was spent is unknown; restore the ledger")
      }
      try save()
      return
    }
    let json = Array(try ByteSource(path: file).text(limit: JSONLimits.ledger.bytes).utf8)
    ledger = try PrivacyLedger(json: json, file: file)
  }

  /// What a new folder contains.
  private static let own = [".", "..", "lock"]

  private func save() throws(FedMedError) {
    let text = ledger.json.text + "\n"
    guard text.utf8.count <= JSONLimits.ledger.bytes else {
      throw FedMedError(.refused, "the ledger is full", file: folder.file("ledger.json"))
    }
    try folder.replace("ledger.json") { descriptor, file throws(FedMedError) in
      try Output.writeAll(text, to: descriptor, file: file)
    }
  }

  /// The ε that the ledger shows after a release.
  /// - Throws: `refused` if it exceeds the budget.
  func cost(of charge: PrivacyLedger.Charge, budget: Double?) throws(FedMedError) -> Double {
    var after = ledger
    do throws(FedMedError) {
      try after.add(charge, budget: budget)
    } catch {
      throw error.naming(file: folder.path)
    }
    return after.epsilon(delta: charge.delta)
  }

  /// The name of the folder of a release.
  private func name(of charge: PrivacyLedger.Charge) -> String {
    "\(charge.model)-\(Partition.slug(charge.site))"
  }

  /// The files of a release, in a folder of its own, which is created.
  /// - Throws: `cannotCreate` if it cannot be created.
  func files(of charge: PrivacyLedger.Charge) throws(FedMedError) -> RoundFiles {
    let name = name(of: charge)
    try folder.makeFolder(name)
    return RoundFiles(
      update: folder.file("\(name)/update.tar"), state: folder.file("\(name)/state.tar"),
      log: folder.file("\(name)/log.tsv"))
  }

  /// Charges a release whose files have been written. From then on they are sent; before, they do
  /// not count.
  /// - Throws: `ioError` or `cannotCreate` if the ledger cannot be written.
  func record(
    _ charge: PrivacyLedger.Charge
  ) throws(FedMedError) -> PrivacyLedger.Charge {
    var made = charge
    made.update = try checksum(of: charge)
    try ledger.add(made, budget: nil)
    try save()
    return made
  }

  private func checksum(of charge: PrivacyLedger.Charge) throws(FedMedError) -> String {
    try StagingFile(archive: ByteSource(path: folder.file("\(name(of: charge))/update.tar")))
      .checksum()
  }

  /// Sends the files of a release, which has been charged.
  /// - Parameter state: the site's state so far; `nil` if there is none.
  /// - Throws: `refused` if its update is missing or has been changed: new noise would cost more
  ///   than the ledger shows; `badData` if the state is from a later round.
  func send(
    _ charge: PrivacyLedger.Charge, to targets: RoundFiles, state: StateArchive?, inputs: [String]
  ) throws(FedMedError) {
    if let state, state.latest.round > charge.round {
      throw FedMedError(
        .badData,
        "the state is from a later round (\(state.latest.round)) than that of the model "
          + "(\(charge.round))", file: targets.state)
    }
    let name = name(of: charge)
    let update = folder.file("\(name)/update.tar")
    guard ByteSource.exists(update), try checksum(of: charge) == charge.update else {
      throw FedMedError(
        .refused, "missing or changed, although it was released", file: update,
        hint: "the round cannot be repeated with new noise; the next round can be released")
    }
    try copy(folder.file("\(name)/state.tar"), to: targets.state, inputs: inputs, isPrivate: true)
    if let log = targets.log {
      try copy(folder.file("\(name)/log.tsv"), to: log, inputs: inputs, isPrivate: false)
    }
    try Output.write(to: targets.update, inputs: inputs + [targets.state], isBinary: true) {
      descriptor, file throws(FedMedError) in
      try StagingFile(archive: ByteSource(path: update)).write(to: descriptor, file: file)
    }
  }

  private func copy(
    _ source: String, to target: String, inputs: [String], isPrivate: Bool
  ) throws(FedMedError) {
    let bytes = try StagingFile(archive: ByteSource(path: source))
    let pending = try Output.Pending(path: target, inputs: inputs, isPrivate: isPrivate)
    try pending.write { descriptor, file throws(FedMedError) in
      try bytes.write(to: descriptor, file: file)
    }
    try pending.publish()
  }
}
