import ArgumentParser
import FMCommand
import FedMed

/// What fm-eval does; without any of these it evaluates a model.
enum Mode: String, EnumerableFlag {
  case check, table, selectRound, score, calibrate, report

  static func help(for value: Mode) -> ArgumentHelp? {
    switch value {
    case .check: "Verify archives of any kind, or a run's folder, and list what they are."
    case .table: "Make one table of several reports: sites, Global, and AVG."
    case .selectRound: "Find the best round by several validation reports."
    case .score: "Score predictions: archives that --predictions-out wrote, or anyone's tables."
    case .calibrate: "Fit the ensemble's temperature on the validation split, into the state."
    case .report: "Tell a run of fm-federate as a whole, in numbers or as a page."
    }
  }

  var spelling: String { self == .selectRound ? "select-round" : rawValue }
}

struct Evaluate: Tool {
  static let configuration = CommandConfiguration(
    commandName: "fm-eval",
    abstract: "Evaluate a model, predict with it, and put results together.",
    usage: """
      fm-eval --features FEATURES [--state STATE] [--split SPLIT] [options] [MODEL]
      fm-eval --predict --features FEATURES [--state STATE] [options] [MODEL]
      fm-eval --calibrate --features FEATURES --state STATE [--state-out STATE] [MODEL]
      fm-eval --score [--show VIEW] [options] PREDICTIONS
      fm-eval --score --against PREDICTIONS [options] PREDICTIONS
      fm-eval --table [--metric NAME] [options] REPORT ...
      fm-eval --select-round [--min-sites N] [options] REPORT ...
      fm-eval --report [--html FILE] [options] RUN
      fm-eval --check [options] ARCHIVE | RUN ...
      """,
    discussion: """
      With a state the site's private classifier predicts too, as it stood after the model's \
      round, and both together as an ensemble; where the state was calibrated for the model, at \
      its temperature too.
      """,
    version: version(of: "fm-eval"))

  @Flag var mode: Mode?

  @OptionGroup(title: "Evaluation") var evaluation: EvaluationOptions

  @OptionGroup(title: "Scores of predictions") var scoring: ScoringOptions

  @Option(
    help: ArgumentHelp(
      "With --table: the score, \(Score.allCases.map(\.rawValue).joined(separator: ", ")) (accuracy).",
      valueName: "name"))
  var metric: Score?

  @Option(help: "With --select-round: fewer reporting sites make a round no candidate (1).")
  var minSites: Int?

  @Option(
    help: ArgumentHelp(
      "With --report: write a page with pictures, for people.", valueName: "file"),
    completion: .file())
  var html: String?

  @OptionGroup(title: "With --check, --table and --select-round") var signer: SignerOptions

  @Option(help: "With --bootstrap or --noise: decides what is drawn (0).")
  var seed: UInt64?

  @Option(name: .customLong("format"), help: "How text is written: tsv, json or jsonl (tsv).")
  var textFormat: OutputFormat?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Where text goes.", valueName: "file"),
    completion: .file())
  var output: String?

  @OptionGroup var talk: TalkOptions

  @Argument(
    help: "A model, predictions, reports, archives, or a run's folder; - is standard input.",
    completion: .file())
  var inputs: [String] = []

  var format: OutputFormat { textFormat ?? .tsv }

  /// Refuses options for text where none is written.
  func requireNoTextOptions() throws(FedMedError) {
    guard output == nil, textFormat == nil else {
      throw FedMedError(.usage, "no text is written that --output and --format could be for")
    }
  }

  func execute() throws(FedMedError) {
    switch mode {
    case .calibrate:
      guard evaluation.split == nil, !evaluation.predict, evaluation.noise == nil,
        evaluation.reportOut == nil, evaluation.predictionsOut == nil
      else {
        throw FedMedError(.usage, "--calibrate takes --features, --state and --state-out alone")
      }
    case nil:
      guard evaluation.stateOut == nil else {
        throw FedMedError(.usage, "--state-out goes with --calibrate")
      }
    case let mode?:
      guard !evaluation.isGiven else {
        throw FedMedError(.usage, "--\(mode.spelling) takes no options of an evaluation")
      }
    }
    for (isGiven, option, owner) in [
      (metric != nil, "--metric", Mode.table), (minSites != nil, "--min-sites", .selectRound),
      (html != nil, "--html", .report),
    ] where isGiven && mode != owner {
      throw FedMedError(.usage, "\(option) goes with --\(owner.spelling)")
    }
    guard mode == .check || mode == .table || mode == .selectRound || !signer.isGiven else {
      throw FedMedError(
        .usage, "--allowed-signers goes with --check, --table and --select-round")
    }
    guard mode == .check || signer.signer == nil else {
      throw FedMedError(.usage, "--signer goes with --check: a report is its site's")
    }
    guard mode == .score || !scoring.isGiven else {
      throw FedMedError(.usage, "an option of the scores of predictions goes with --score")
    }
    guard seed == nil || scoring.bootstrap != nil || evaluation.noise != nil else {
      throw FedMedError(.usage, "--seed goes with --bootstrap and --noise")
    }
    switch mode {
    case .check: try check()
    case .score: try scoring.against.isEmpty ? score() : compare()
    case .table: try table()
    case .selectRound: try selectRound()
    case .calibrate: try calibrate()
    case .report: try reportRun()
    case nil: try evaluate()
    }
  }
}

Evaluate.start()
