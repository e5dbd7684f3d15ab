import ArgumentParser
import FMCommand
import FedMed

/// Makes a site's keys for secure aggregation.
struct KeysVerb: Tool {
  static let name = "fm-train-local"
  static let configuration = CommandConfiguration(
    commandName: "keys",
    abstract: "Make the site's keys for secure aggregation, and write the public ones.",
    usage:
      "fm-train-local keys --secrets DIR --features FEATURES --rounds N [options] MODEL > KEYS",
    discussion: """
      MODEL is the first model of the run. The secret keys stay in --secrets; if the site has made \
      keys for this run before, the same ones are written.
      """)

  @OptionGroup var folder: SecretsOptions

  @Option(
    help: ArgumentHelp("The site's feature archive, for its name.", valueName: "file"),
    completion: .file())
  var features: String

  @Option(help: ArgumentHelp("The number of rounds of the run.", valueName: "number"))
  var rounds: Int

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(help: "The first model of the run.", completion: .file())
  var model: String

  mutating func validate() throws {
    guard (1...10_000).contains(rounds) else {
      throw ValidationError("--rounds must be between 1 and 10000")
    }
  }

  func execute() throws(FedMedError) {
    try Output.check(folder.output, inputs: [model, features], isBinary: true)
    let key = try folder.signing.key()
    let first = try ModelArchive(model: model)
    guard
      let site = try ArchiveReader(path: features, kinds: [.features]).manifest.site
    else {
      throw FedMedError(
        .badData, "no site name", file: features, hint: "fm-partition assigns one")
    }
    let own = try folder.open()
    let secrets: SecureSecrets
    if own.has("secrets.json") {
      secrets = try own.secrets()
      guard secrets.run == first.identity, secrets.site == site else {
        throw FedMedError(
          .refused, "holds the secrets of another run or site", file: own.path,
          hint: "every run needs a folder of its own")
      }
    } else {
      secrets = try SecureSecrets(site: site, model: first, rounds: rounds)
      try own.keep("secrets.json") { descriptor, file throws(FedMedError) in
        try Output.writeAll(secrets.json.text + "\n", to: descriptor, file: file)
      }
    }
    try own.keep("keys.tar") { descriptor, file throws(FedMedError) in
      try secrets.writeKeys(tool: Self.signature, to: descriptor, file: file)
    }
    try own.send("keys.tar", to: folder.output, signedBy: key)
  }
}

/// The options of all steps of secure aggregation at a site.
struct SecretsOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The folder of the site's secrets in this run; it is created.", valueName: "folder"),
    completion: .directory)
  var secrets: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Write the archive to this file (standard output).", valueName: "file"),
    completion: .file())
  var output: String?

  @OptionGroup var signing: SigningOptions

  /// Opens the folder.
  /// - Throws: `cannotCreate` if it cannot be created; `tryAgain` if another process uses it.
  func open() throws(FedMedError) -> SecretsFolder { try SecretsFolder(path: secrets) }
}
