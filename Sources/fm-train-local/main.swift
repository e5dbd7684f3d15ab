import ArgumentParser
import FMCommand
import FedMed
import Glibc

/// Trains a site's update.
struct TrainLocal: Tool {
  static let configuration = CommandConfiguration(
    commandName: "fm-train-local",
    abstract: "Train the global model on a site's features for one round.",
    usage: """
      fm-train-local --features FEATURES --state STATE [options] [MODEL] > UPDATE
      fm-train-local --features FEATURES [--state IN] --state-out OUT [options] [MODEL] > UPDATE
      fm-train-local --personalize --features FEATURES --state STATE [options] [MODEL]
      """,
    discussion: """
      Only the update leaves the site. The state contains the site's private classifier; without \
      --state-out, the file --state is read if it exists, and replaced. The same model, features and \
      state give the same update, so an interrupted round can be repeated. With --personalize, the \
      site fits its private part to the finished model and sends nothing.
      """,
    version: version(of: "fm-train-local"),
    subcommands: [
      KeysVerb.self, ShareVerb.self, MaskVerb.self, ConfirmVerb.self, RevealVerb.self,
    ])

  @Option(
    help: ArgumentHelp("The site's feature archive.", valueName: "file"), completion: .file())
  var features: String

  @Option(
    help: ArgumentHelp("The site's private state.", valueName: "file"), completion: .file())
  var state: String?

  @Option(
    help: ArgumentHelp(
      "Write the new state to this file (default: replace --state).", valueName: "file"),
    completion: .file())
  var stateOut: String?

  @Flag(
    help:
      "Fit the method's private part, if any, to the finished MODEL and store it in the state; write no update."
  )
  var personalize = false

  @Option(
    help: ArgumentHelp(
      "Refuse to make an update from fewer training samples (20 with gaussian, 1 with other methods).",
      valueName: "number"))
  var minSamples: Int?

  @Option(
    help: ArgumentHelp(
      "Write a table of losses and validation accuracy to this file.", valueName: "file"),
    completion: .file())
  var log: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Write the update to this file (standard output).", valueName: "file"),
    completion: .file())
  var output: String?

  @OptionGroup(title: "Differential privacy") var privacy: PrivacyOptions

  @OptionGroup var signer: SignerOptions

  @OptionGroup var threads: ThreadOptions

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(help: "The global model; - is standard input.", completion: .file())
  var model = "-"

  mutating func validate() throws {
    guard minSamples ?? 1 > 0 else { throw ValidationError("--min-samples must be at least 1") }
    guard !personalize || output == nil && log == nil && minSamples == nil else {
      throw ValidationError(
        "--personalize cannot be combined with --output, --log or --min-samples")
    }
  }

  func execute() throws(FedMedError) {
    guard let stateTarget = stateOut ?? state else {
      throw FedMedError(
        .usage, "either --state or --state-out is required",
        hint: "name the file in which the site keeps its private state")
    }
    guard stateTarget != "-", state != "-" else {
      throw FedMedError(.usage, "--state and --state-out must be files")
    }
    guard log != "-" else { throw FedMedError(.usage, "--log must be a file") }
    guard model != "-" || features != "-" else {
      throw FedMedError(.usage, "standard input can be read only once")
    }
    let inputs = [model, features]
    try Output.checkDistinct([personalize ? nil : output ?? "-", stateTarget, log])
    if let log {
      try Output.check(log, inputs: inputs + [state].compactMap { $0 }, isBinary: false)
    }
    if !personalize {
      try Output.check(output, inputs: inputs + [state].compactMap { $0 }, isBinary: true)
    }
    try Output.check(stateTarget, inputs: inputs, isBinary: true)
    // If one file serves as both, it does not exist before the site's first round.
    var old: StateArchive?
    if let state, stateOut != nil || access(state, F_OK) == 0 {
      old = try StateArchive(path: state)
    }
    let global: ModelArchive
    if let signers = try signer.signatures.allowed() {
      guard model != "-" else {
        throw FedMedError(.usage, "--allowed-signers requires files, not standard input")
      }
      global = try signers.model(path: model, signer: signer.name)
    } else {
      global = try ModelArchive(model: model)
    }
    guard !personalize else { return try fitPrivatePart(global, old, stateTarget) }
    let set = try FeatureSet(ArchiveReader(path: features, kinds: [.features]))
    let patients = try privacy.patients(in: set)
    try threads.start(most: maxTrainingThreads)
    let targets = RoundFiles(update: output, state: stateTarget, log: log)
    guard let site = set.site,
      let charge = try PrivacyLedger.charge(
        for: global, site: site, sites: privacy.sites())
    else {
      try privacy.requireNone(model: model)
      let round = try train(global, set, old, noise: nil)
      return try write(round, global, to: targets, inputs: inputs)
    }
    let folder = try LedgerFolder(path: privacy.path(features: features))
    if let made = try folder.ledger.made(charge) {
      inform("\(site): round \(made.round) was released before; its update is sent again")
      return try folder.send(made, to: targets, state: old, inputs: inputs)
    }
    // Before anything is computed.
    let spent = try folder.cost(of: charge, budget: privacy.budget)
    if verbosity.verbose, let description = try PrivacyLedger.noise(of: global) {
      detail("\(site): \(description)")
    }
    let noise = SiteNoise(patients: patients, spent: spent, shares: charge.shares)
    let round = try train(global, set, old, noise: noise)
    try write(round, global, to: try folder.files(of: charge), inputs: inputs, isPrivate: true)
    let made = try folder.record(charge)
    inform(
      "\(site): epsilon \(short(charge.epsilon)) for this round, \(short(spent)) for all rounds so "
        + "far (delta \(charge.delta))")
    try folder.send(made, to: targets, state: old, inputs: inputs)
  }

  private func train(
    _ global: ModelArchive, _ set: FeatureSet, _ old: StateArchive?, noise: SiteNoise?
  ) throws(FedMedError) -> SiteRound {
    let epochs = global.run.parameters[TrainingParameters.localEpochs]
    let bar = progress("training", total: epochs)
    let round = try SiteRound(
      model: global, features: set, state: old, stateName: state ?? "state", fewest: minSamples,
      noise: noise, progress: { bar.update($0) })
    bar.finish()
    let held = round.state
    detail(
      "\(round.site): model \(global.identity), private part of round \(held.previous.round), "
        + "best \(held.best.map { "of round \($0.round)" } ?? "unknown")")
    report(round)
    for remark in round.remarks { messages.print("warning: \(round.site): \(remark)") }
    return round
  }

  private func write(
    _ round: SiteRound, _ global: ModelArchive, to files: RoundFiles, inputs: [String],
    isPrivate: Bool = false
  ) throws(FedMedError) {
    try write(round.state, to: files.state)
    if let log = files.log {
      try Output.write(
        text: records(round).text(.tsv), to: log, inputs: inputs, isPrivate: isPrivate)
    }
    try Output.write(
      to: files.update, inputs: inputs + [files.state], isBinary: true, isPrivate: isPrivate
    ) {
      descriptor, file throws(FedMedError) in
      try round.writeUpdate(
        model: global, tool: Self.signature, to: descriptor, file: file)
    }
  }

  private func write(_ state: StateArchive, to path: String) throws(FedMedError) {
    let pending = try Output.Pending(path: path, inputs: [model, features], isPrivate: true)
    try pending.write { descriptor, file throws(FedMedError) in
      try state.write(tool: Self.signature, to: descriptor, file: file)
    }
    try pending.publish()
  }

  /// Fits the private part to the finished model. Does nothing if the method has no private step or
  /// the site has no training samples.
  private func fitPrivatePart(
    _ global: ModelArchive, _ old: StateArchive?, _ target: String
  ) throws(FedMedError) {
    guard try global.method() is any PersonalizedMethod else {
      return detail("\(global.run.method) has no private step")
    }
    let set = try FeatureSet(ArchiveReader(path: features, kinds: [.features]))
    try threads.start(most: 1)
    guard
      let step = try Personalization(
        model: global, features: set, state: old, stateName: state ?? "state")
    else { return detail("\(set.name): no training samples") }
    try write(step.state, to: target)
    inform("\(step.site): private part fitted to \(global.name)")
  }

  private func short(_ value: Double) -> String { JSON.rounded(value, places: 4).line }

  private func report(_ round: SiteRound) {
    for (index, epoch) in round.epochs.enumerated() {
      let terms = epoch.losses.terms.map {
        "\($0.name.replacing("_", with: "-")) \(short($0.value))"
      }
      inform(
        "\(round.site): round \(round.round), epoch \(index + 1), \(epoch.steps) steps: "
          + "loss \(short(epoch.losses.total))"
          + (terms.isEmpty ? "" : " (\(terms.joined(separator: ", ")))"))
    }
    if let (correct, total) = round.validation, total > 0 {
      let share = JSON.rounded(Double(correct) / Double(total), places: 4).line
      inform("\(round.site): validation accuracy \(share) (\(correct) of \(total))")
    }
  }
}

TrainLocal.start()
