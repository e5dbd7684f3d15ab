import ArgumentParser
import FMCommand
import FedMed

/// The hyper-parameters of a run, for --init.
struct RunOptions: ParsableArguments {
  @Option(help: "Decides every random number of the run (0).")
  var seed: UInt64?

  @Option(help: "Samples in a batch (32).")
  var batchSize: Int?

  @Option(help: "Epochs at a site in each round (1).")
  var localEpochs: Int?

  @Option(name: .customLong("learning-rate-fam"), help: "Of the shared module (5e-4).")
  var learningRateFAM: Double?

  @Option(name: .customLong("learning-rate-mlp"), help: "Of the private classifier (1e-4).")
  var learningRateMLP: Double?

  @Option(help: "The learning rates' factor from round to round (0.97).")
  var decay: Double?

  @Option(help: "AdamW's first decay rate (0.9).")
  var beta1: Double?

  @Option(help: "AdamW's second decay rate (0.98).")
  var beta2: Double?

  @Option(help: "AdamW's epsilon (1e-6).")
  var epsilon: Double?

  @Option(help: "AdamW's weight decay (0.02).")
  var weightDecay: Double?

  @Option(help: "The weight of mutual distillation (0.04).")
  var lambda: Double?

  @Option(help: "The temperature of mutual distillation (2).")
  var temperature: Double?

  @Option(help: "The private classifier's width (512).")
  var hidden: Int?

  /// Whether any of them was given.
  var isGiven: Bool {
    let whole: [Any?] = [seed, batchSize, localEpochs, hidden, learningRateFAM, learningRateMLP]
    let others = [decay, beta1, beta2, epsilon, weightDecay, lambda, temperature]
    return whole.contains { $0 != nil } || others.contains { $0 != nil }
  }

  var parameters: HyperParameters {
    var result = HyperParameters()
    result.seed = seed ?? result.seed
    result.batchSize = batchSize ?? result.batchSize
    result.localEpochs = localEpochs ?? result.localEpochs
    result.learningRateFAM = learningRateFAM ?? result.learningRateFAM
    result.learningRateMLP = learningRateMLP ?? result.learningRateMLP
    result.decay = decay ?? result.decay
    result.beta1 = beta1 ?? result.beta1
    result.beta2 = beta2 ?? result.beta2
    result.epsilon = epsilon ?? result.epsilon
    result.weightDecay = weightDecay ?? result.weightDecay
    result.lambda = lambda ?? result.lambda
    result.temperature = temperature ?? result.temperature
    result.hidden = hidden ?? result.hidden
    return result
  }
}

struct Aggregate: Tool {
  static let configuration = CommandConfiguration(
    commandName: "fm-aggregate",
    abstract: "Make the global model: the first one, or the mean of the sites' updates.",
    usage: """
      fm-aggregate --init (--like FEATURES | --spec JSON) [run options] > MODEL
      fm-aggregate [options] UPDATE ... > MODEL
      """,
    discussion: """
      The run options are written into the first model and obeyed by every site. Updates are added \
      in the order of their sites' names; they may be compressed.
      """,
    version: version(of: "fm-aggregate"))

  @Flag(name: .customLong("init"), help: "Make the first global model of a run.")
  var isInit = false

  @Option(
    help: ArgumentHelp("Take classes and encoder from a feature archive.", valueName: "features"),
    completion: .file())
  var like: String?

  @Option(
    help: ArgumentHelp(
      "Take classes and encoder from JSON, such as a feature archive's manifest.",
      valueName: "json"), completion: .file())
  var spec: String?

  @OptionGroup(title: "Run options, with --init") var run: RunOptions

  @Option(help: ArgumentHelp("How much each update counts: uniform or samples (uniform)."))
  var weights: AggregationWeights?

  @Option(help: "Fewer updates are too few: exit with 75 (1).")
  var minUpdates: Int?

  @Option(help: "The best round by validation so far, for the sites to know.")
  var bestRound: Int?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Where to write.", valueName: "file"),
    completion: .file())
  var output: String?

  @OptionGroup var talk: TalkOptions

  @Argument(help: "The sites' updates; - is standard input.", completion: .file())
  var updates: [String] = []

  func execute() throws(FedMedError) {
    try Output.check(output, inputs: updates + [like, spec].compactMap { $0 }, isBinary: true)
    if isInit { try initialize() } else { try aggregate() }
  }

  private func initialize() throws(FedMedError) {
    guard updates.isEmpty, weights == nil, minUpdates == nil, bestRound == nil else {
      throw FedMedError(.usage, "--init takes no updates, nor options for them")
    }
    let parameters = run.parameters
    do throws(FedMedError) {
      try parameters.validate()
    } catch {
      throw FedMedError(.usage, error.description)
    }
    let specification: RunSpecification
    let input: String
    switch (like, spec) {
    case (let path?, nil):
      let reader = try ArchiveReader(path: path, kinds: [.features])
      guard let encoder = reader.manifest.encoder else {
        throw reader.fault("no encoder", "manifest.json")
      }
      specification = RunSpecification(classes: reader.manifest.classes, encoder: encoder)
      input = path
    case (nil, let path?):
      let source = try ByteSource(path: path)
      let text = try source.text(limit: ArchiveReader.manifestLimit)
      specification = try RunSpecification(json: Array(text.utf8), file: source.name)
      input = path
    default:
      throw FedMedError(.usage, "--init needs either --like or --spec")
    }
    try Output.write(to: output, inputs: [input], isBinary: true) {
      descriptor, file throws(FedMedError) in
      do throws(FedMedError) {
        try GlobalModel.write(
          specification, parameters: parameters, tool: Self.signature, to: descriptor, file: file)
      } catch {
        throw error.code == .badData ? error.naming(file: input) : error
      }
    }
  }

  private func aggregate() throws(FedMedError) {
    guard like == nil, spec == nil, !run.isGiven else {
      throw FedMedError(.usage, "--like, --spec and the run options go with --init")
    }
    guard !updates.isEmpty else { throw FedMedError(.usage, "no updates") }
    if let bestRound, bestRound < 1 {
      throw FedMedError(.usage, "--best-round must be at least 1")
    }
    let least = minUpdates ?? 1
    guard least > 0 else { throw FedMedError(.usage, "--min-updates must be at least 1") }
    guard updates.count >= least else {
      throw FedMedError(.tryAgain, "\(updates.count) updates, there must be \(least)")
    }
    guard updates.filter({ $0 == "-" }).count < 2 else {
      throw FedMedError(.usage, "standard input is one update")
    }
    let round = try FederatedRound(paths: updates)
    let bar = progress("aggregating", total: updates.count)
    try Output.write(to: output, inputs: updates, isBinary: true) {
      descriptor, file throws(FedMedError) in
      try round.write(
        rule: MeanRule.self, weights: weights ?? .uniform, bestRound: bestRound,
        tool: Self.signature, to: descriptor, file: file, progress: { bar.update($0) })
    }
    bar.finish()
    for update in round.updates {
      sayMore("\(update.name): \(update.site), \(update.samples) samples, \(update.identity)")
    }
  }
}

extension AggregationWeights: ExpressibleByArgument {}

Aggregate.start()
