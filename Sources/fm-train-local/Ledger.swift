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
  var patient = "patient"

  mutating func validate() throws {
    guard budget ?? 1 > 0 else { throw ValidationError("--budget must be above 0") }
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
  private let path: String
  private let lock: Int32
  /// The ledger.
  private(set) var ledger = PrivacyLedger()

  /// Opens the folder, which is created for its owner alone, and locks it.
  /// - Throws: `cannotCreate` if it cannot be created; `tryAgain` if another process uses it;
  ///   `badData` if the ledger is malformed; `ioError` if reading fails.
  init(path: String) throws(FedMedError) {
    self.path = path
    try Self.create(path)
    lock = open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard lock >= 0 else { throw Folder.cannotCreate("\(path)/lock", errno: errno) }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      throw FedMedError(.tryAgain, "in use by another process", file: path)
    }
    let file = "\(path)/ledger.json"
    guard ByteSource.exists(file) else { return }
    let json = Array(try ByteSource(path: file).text(limit: JSONLimits.report.bytes).utf8)
    ledger = try PrivacyLedger(json: json, file: file)
  }

  deinit { close(lock) }

  private static func create(_ folder: String) throws(FedMedError) {
    guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
      throw Folder.cannotCreate(folder, errno: errno)
    }
  }

  /// The ε that the ledger shows after a release.
  /// - Throws: `refused` if it exceeds the budget.
  func cost(of charge: PrivacyLedger.Charge, budget: Double?) throws(FedMedError) -> Double {
    var after = ledger
    do throws(FedMedError) {
      try after.add(charge, budget: budget)
    } catch {
      throw error.naming(file: path)
    }
    return after.epsilon(delta: charge.delta)
  }

  private func folder(of charge: PrivacyLedger.Charge) -> String {
    "\(path)/\(charge.model)-\(Partition.slug(charge.site))"
  }

  /// The files of a release, in a folder of its own, which is created.
  /// - Throws: `cannotCreate` if it cannot be created.
  func files(of charge: PrivacyLedger.Charge) throws(FedMedError) -> RoundFiles {
    let folder = folder(of: charge)
    try Self.create(folder)
    return RoundFiles(
      update: "\(folder)/update.tar", state: "\(folder)/state.tar", log: "\(folder)/log.tsv")
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
    let pending = try Output.Pending(path: "\(path)/ledger.json", isPrivate: true)
    try pending.write(text: ledger.json.text + "\n")
    try pending.publish()
    return made
  }

  private func checksum(of charge: PrivacyLedger.Charge) throws(FedMedError) -> String {
    try StagingFile(archive: ByteSource(path: "\(folder(of: charge))/update.tar")).checksum()
  }

  /// Sends the files of a release, which has been charged.
  /// - Throws: `refused` if its update is missing or has been changed: new noise would cost more
  ///   than the ledger shows.
  func send(
    _ charge: PrivacyLedger.Charge, to targets: RoundFiles, inputs: [String]
  ) throws(FedMedError) {
    let folder = folder(of: charge)
    guard ByteSource.exists("\(folder)/update.tar"), try checksum(of: charge) == charge.update
    else {
      throw FedMedError(
        .refused, "missing or changed, although it was released", file: "\(folder)/update.tar",
        hint: "the round cannot be repeated with new noise; the next round can be released")
    }
    try copy("\(folder)/state.tar", to: targets.state, inputs: inputs, isPrivate: true)
    if let log = targets.log {
      try copy("\(folder)/log.tsv", to: log, inputs: inputs, isPrivate: false)
    }
    try Output.write(to: targets.update, inputs: inputs + [targets.state], isBinary: true) {
      descriptor, file throws(FedMedError) in
      try StagingFile(archive: ByteSource(path: "\(folder)/update.tar"))
        .write(to: descriptor, file: file)
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
