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
    version: version(of: "fm-train-local"))

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
    try threads.start(most: maxTrainingThreads)
    let epochs = global.run.parameters[TrainingParameters.localEpochs]
    let bar = progress("training", total: epochs)
    let round = try SiteRound(
      model: global, features: set, state: old, stateName: state ?? "state", fewest: minSamples,
      progress: { bar.update($0) })
    bar.finish()
    let held = round.state
    detail(
      "\(round.site): model \(global.identity), private part of round \(held.previous.round), "
        + "best \(held.best.map { "of round \($0.round)" } ?? "unknown")")
    report(round)
    for remark in round.remarks { messages.print("warning: \(round.site): \(remark)") }

    try write(round.state, to: stateTarget)
    if let log { try Output.write(text: records(round).text(.tsv), to: log, inputs: inputs) }
    try Output.write(to: output, inputs: inputs + [stateTarget], isBinary: true) {
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

  private func report(_ round: SiteRound) {
    func short(_ value: Double) -> String { JSON.rounded(value, places: 4).line }
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

  private func records(_ round: SiteRound) -> Records {
    var records = Records(
      "epochs",
      columns: ["site", "round", "epoch", "steps", "loss"]
        + (round.epochs.first?.losses.terms.map(\.name) ?? [])
        + ["validation_correct", "validation_total"])
    func counts(_ validation: (correct: Int, total: Int)?) -> [JSON] {
      [
        validation.map { .integer($0.correct) } ?? .null,
        validation.map { .integer($0.total) } ?? .null,
      ]
    }
    let name: [JSON] = [.string(round.site), .integer(round.round)]
    // A method without epochs has a single row, with its validation accuracy.
    if round.epochs.isEmpty {
      records.add(name + [.null, .null, .null] + counts(round.validation))
    }
    for (index, epoch) in round.epochs.enumerated() {
      // Validation follows the last epoch.
      let isLast = index == round.epochs.count - 1
      let losses: [JSON] = [
        .integer(index + 1), .integer(epoch.steps), .number(epoch.losses.total),
      ]
      records.add(
        name + losses + epoch.losses.terms.map { .number($0.value) }
          + counts(isLast ? round.validation : nil))
    }
    return records
  }
}

TrainLocal.start()
