import ArgumentParser
import FMCommand
import FedMed

struct ScoreVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract:
      "Score a model on a site's samples, or predictions, with intervals; compare predictions.",
    usage: """
      fm-eval score --features FEATURES [--state STATE] [--split SPLIT] [options] [MODEL]
      fm-eval score [options] [PREDICTIONS]
      fm-eval score --against PREDICTIONS [options] [PREDICTIONS]
      """,
    discussion: """
      With a state the site's private classifier is scored too, as it stood after the model's \
      round, and both together as an ensemble; where the state was calibrated for the model, at \
      its temperature too.
      """)

  @OptionGroup(title: "A model") var site: SiteOptions

  @OptionGroup(title: "A model") var model: ModelScoreOptions

  @OptionGroup(title: "Predictions") var settings: ScoreOptions

  @OptionGroup(title: "Predictions") var samples: SampleOptions

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Compare with these predictions on the same samples; once for each of the others.",
      valueName: "file"), completion: .file())
  var against: [String] = []

  @Option(help: "With --bootstrap or --noise: decides what is drawn (0).")
  var seed: UInt64?

  @OptionGroup var text: TextOptions

  @OptionGroup var talk: TalkOptions

  @Argument(
    help: "A model, or predictions: an archive or anyone's table; - is standard input.",
    completion: .file())
  var inputs: [String] = []

  mutating func validate() throws {
    guard seed == nil || samples.bootstrap != nil || model.noise != nil else {
      throw ValidationError("--seed goes with --bootstrap and --noise")
    }
    if site.features != nil {
      guard against.isEmpty, !settings.isGiven, !samples.isGiven else {
        throw ValidationError("--features goes with none of the options for predictions")
      }
      guard inputs.count <= 1 else { throw ValidationError("one model at a time") }
    } else {
      guard site.state == nil, !model.isGiven else {
        throw ValidationError("--state and the options for a model go with --features")
      }
      guard against.isEmpty || !settings.isGiven else {
        throw ValidationError("--against goes with --bootstrap, --seed and --group alone")
      }
    }
  }

  func execute() throws(FedMedError) {
    if site.features != nil {
      try scoreModel()
    } else if against.isEmpty {
      try scorePredictions()
    } else {
      try compare()
    }
  }
}

/// What the scores of predictions are, and what is demanded of them.
struct ScoreOptions: ParsableArguments {
  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Exit with 1 unless it is met, as in 'macro_f1>=.7'; may be repeated.",
      valueName: "demand"))
  var require: [Requirement] = []

  @Option(help: "Show each class's sensitivity at a specificity of at least this.")
  var atSpecificity: Double?

  @Option(help: "Show each class's specificity at a sensitivity of at least this.")
  var atSensitivity: Double?

  @OptionGroup var bins: BinOptions

  mutating func validate() throws {
    guard (0...1).contains(atSpecificity ?? 0), (0...1).contains(atSensitivity ?? 0) else {
      throw ValidationError("--at-specificity and --at-sensitivity must be from 0 to 1")
    }
  }

  var isGiven: Bool {
    !require.isEmpty || atSpecificity != nil || atSensitivity != nil || bins.isGiven
  }

  var chosen: ScoreList.Settings {
    var settings = ScoreList.Settings()
    settings.bins = bins.bins ?? settings.bins
    settings.binning = bins.binning ?? settings.binning
    settings.specificity = atSpecificity
    settings.sensitivity = atSensitivity
    return settings
  }
}
