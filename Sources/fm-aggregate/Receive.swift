import ArgumentParser
import FMCommand
import FedMed
import Glibc

/// Collects the files that sites have put into their answer folders.
struct ReceiveVerb: Tool {
  static let name = "fm-aggregate"
  static let configuration = CommandConfiguration(
    commandName: "receive",
    abstract: "Collect and verify the sites' answers in an exchange.",
    usage:
      "fm-aggregate receive ANSWER --model MODEL --exchange DIR --into DIR --refused DIR [options] NAME ...",
    discussion: """
      ANSWER is update, report or test; with secure aggregation also keys, share, accept, confirm or reveal. A file of that kind in EXCHANGE/NAME/answer is copied, \
      verified, and removed from there. Valid answers go to --into, all others to --refused.
      """)

  @Option(
    help: ArgumentHelp("The model that the request is about.", valueName: "file"),
    completion: .file())
  var model: String

  @Option(
    help: ArgumentHelp("The folder that contains a folder for each site.", valueName: "folder"),
    completion: .directory)
  var exchange: String

  @Option(
    help: ArgumentHelp("Write valid answers to this folder.", valueName: "folder"),
    completion: .directory)
  var into: String

  @Option(
    help: ArgumentHelp("Write refused answers to this folder.", valueName: "folder"),
    completion: .directory)
  var refused: String

  @Option(
    help: ArgumentHelp(
      "The ending of the answers' file names, such as .tar.gz.", valueName: "text"))
  var suffix = ".tar"

  @Option(
    help: ArgumentHelp(
      "Record in this table which site belongs to which folder, from its first answer on.",
      valueName: "file"), completion: .file())
  var sites: String?

  @Option(
    help: ArgumentHelp("Append a row for each answer to this table.", valueName: "file"),
    completion: .file())
  var log: String?

  @Option(
    help: ArgumentHelp(
      "With secure aggregation: the list of sites; updates are masked.", valueName: "file"),
    completion: .file())
  var secureSites: String?

  @Option(
    help: ArgumentHelp(
      "With accept, confirm and reveal: the agreement that the sites were shown.",
      valueName: "file"), completion: .file())
  var agreement: String?

  @Option(
    help: ArgumentHelp("With keys: the number of rounds of the run.", valueName: "number"))
  var rounds: Int?

  @OptionGroup var signatures: SignatureOptions

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(help: "The requested kind of file.")
  var answer: Reception.Answer

  @Argument(help: "The names of the sites' folders.")
  var names: [String] = []

  mutating func validate() throws {
    guard !names.isEmpty else { throw ValidationError("no sites given") }
    for name in names where !Name.isValid(name) || name.contains("/") || name.hasPrefix(".") {
      throw ValidationError("invalid folder name '\(printable(name))'")
    }
    guard agreement == nil || secureSites != nil else {
      throw ValidationError("--agreement requires --secure-sites")
    }
    guard suffix.hasPrefix("."), !suffix.contains("/") else {
      throw ValidationError("--suffix must begin with a dot and contain no slash")
    }
  }

  /// What the answers of secure aggregation are checked against; `nil` without it.
  private func secure() throws(FedMedError) -> Reception.Secure? {
    guard let secureSites else {
      return answer == .keys ? Reception.Secure(sites: nil, rounds: rounds) : nil
    }
    // The signatures in the list were checked when it was made.
    let sites = try SecureSites(path: secureSites, signers: nil)
    let agreement = try agreement.map { path throws(FedMedError) in
      try SecureAgreement(path: path, sites: sites)
    }
    return Reception.Secure(sites: sites, agreement: agreement)
  }

  func execute() throws(FedMedError) {
    var known = try sites.map { path throws(FedMedError) in try Self.read(path) } ?? []
    var reception = Reception(
      answer, model: try ModelArchive(model: model), signers: try signatures.allowed(),
      names: names,
      known: Dictionary(known.map { ($0.site, $0.folder) }) { first, _ in first },
      secure: try secure())
    var records = Records("answers", columns: Self.columns)
    for name in names {
      guard
        let decision = try reception.decide(name: name, exchange: exchange, suffix: suffix)
      else { continue }
      let row: [JSON]?
      if let error = decision.refusal, !decision.hasFolder {
        messages.report(error)
        row = nil
      } else if decision.isLate {
        row = Self.row("late", decision)
      } else if let error = decision.refusal {
        messages.report(error, as: .refused)
        try keep(decision, in: refused)
        row = Self.row("refused", decision)
      } else if try exists("\(into)/\(name)\(suffix)") {
        // The site's answer has been accepted before, and can no longer be changed.
        row = nil
      } else {
        if let site = decision.site, !known.contains(where: { $0.site == site }) {
          known.append((name, site))
          if let sites { try Self.write(known, to: sites) }
        }
        try keep(decision, in: into)
        row = Self.row("accepted", decision)
      }
      if let row {
        records.add(row)
        try append(row)
      }
      decision.clear()
    }
    try Output.write(text: records.text(.tsv), to: nil)
  }

  private static let columns = [
    "decision", "name", "site", "sha256", "signature_sha256", "signer", "reason",
  ]

  private static func row(_ outcome: String, _ decision: Reception.Decision) -> [JSON] {
    func text(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }
    return [
      .string(outcome), .string(decision.name), text(decision.site), text(decision.checksum),
      text(decision.signatureChecksum), text(decision.signer), text(decision.refusal?.reason),
    ]
  }

  private func exists(_ path: String) throws(FedMedError) -> Bool {
    if access(path, F_OK) == 0 { return true }
    guard errno == ENOENT else { throw FedMedError(.noInput, errno: errno, "open", file: path) }
    return false
  }

  /// Writes an answer to `folder`: first its signature, so that nobody finds the archive without
  /// it.
  private func keep(_ decision: Reception.Decision, in folder: String) throws(FedMedError) {
    guard decision.checksum != nil else { return }
    let path = "\(folder)/\(decision.name)\(suffix)"
    if decision.isSigned {
      try Output.write(to: "\(path).sig", isBinary: true) { descriptor, file throws(FedMedError) in
        try decision.writeSignature(to: descriptor, file: file)
      }
    }
    try Output.write(to: path, isBinary: true) { descriptor, file throws(FedMedError) in
      try decision.writeArchive(to: descriptor, file: file)
    }
  }

  /// Appends a row to the log, after the header if the log is new.
  private func append(_ row: [JSON]) throws(FedMedError) {
    guard let log else { return }
    var line = Records("answers", columns: Self.columns)
    line.add(row)
    let text = line.text(.tsv)
    let isNew = access(log, F_OK) != 0
    let body = isNew ? text[...] : text.drop { $0 != "\n" }.dropFirst()
    try Output.append(String(body), to: log)
  }

  // MARK: - The table of sites and folders

  private static func read(_ path: String) throws(FedMedError) -> [(folder: String, site: String)] {
    guard access(path, F_OK) == 0 else { return [] }
    let table = try Table(
      text: ByteSource(path: path).text(limit: 1 << 24), file: path)
    do throws(FedMedError) {
      return Array(zip(try table.column("name"), try table.column("site"))).map { ($0, $1) }
    } catch {
      throw error.naming(file: path)
    }
  }

  private static func write(
    _ known: [(folder: String, site: String)], to path: String
  ) throws(FedMedError) {
    var records = Records("sites", columns: ["name", "site"])
    for (folder, site) in known { records.add([.string(folder), .string(site)]) }
    try Output.write(text: records.text(.tsv), to: path)
  }
}

extension Reception.Answer: ExpressibleByArgument {}
