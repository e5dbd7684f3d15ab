import ArgumentParser
import FMCommand
import FedMed

/// Scores models and predictions, and compares predictions.
struct ScoreVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract:
      "Score a model on a site's samples, or score or compare predictions, with confidence intervals.",
    usage: """
      fm-eval score --features FEATURES [--state STATE] [--split SPLIT] [options] [MODEL]
      fm-eval score [options] [PREDICTIONS]
      fm-eval score --against PREDICTIONS [options] [PREDICTIONS]
      """,
    discussion: """
      With a state, the site's private classifier, as of the model's round, is scored too, and so is \
      the ensemble of both. If the state was calibrated for the model, so are the calibrated \
      predictions.
      """)

  @OptionGroup(title: "A model") var site: SiteOptions

  @OptionGroup(title: "A model") var model: ModelScoreOptions

  @OptionGroup(title: "Predictions") var settings: ScoreOptions

  @OptionGroup(title: "Confidence intervals") var samples: SampleOptions

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Compare with these predictions on the same samples; give it once for each set of predictions.",
      valueName: "file"), completion: .file())
  var against: [String] = []

  @Option(
    help: ArgumentHelp(
      "With --noise, or --bootstrap of predictions: the seed of all random numbers (0).",
      valueName: "n"))
  var seed: UInt64?

  @OptionGroup var text: TextOptions

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(
    help: "A model, or predictions as an archive or a table; - is standard input.",
    completion: .file())
  var inputs: [String] = []

  mutating func validate() throws {
    guard seed == nil || samples.bootstrap != nil || model.noise != nil else {
      throw ValidationError("--seed requires --bootstrap or --noise")
    }
    if site.features != nil {
      guard against.isEmpty, !settings.isGiven, samples.samples == nil else {
        throw ValidationError("--features cannot be combined with the options for predictions")
      }
      guard samples.bootstrap == nil || model.reportOut != nil else {
        throw ValidationError("with --features, --bootstrap requires --report-out")
      }
      guard seed == nil || model.noise != nil else {
        throw ValidationError("with --features, --seed requires --noise")
      }
      guard (1...Manifest.Draws.largestCount).contains(samples.bootstrap ?? 1) else {
        throw ValidationError(
          "with --features, --bootstrap must be between 1 and \(Manifest.Draws.largestCount)")
      }
      guard inputs.count <= 1 else { throw ValidationError("more than one model") }
    } else {
      guard site.state == nil, !model.isGiven else {
        throw ValidationError("--state and the options for a model require --features")
      }
      guard against.isEmpty || !settings.isGiven else {
        throw ValidationError(
          "--against cannot be combined with --require, --at-specificity, --at-sensitivity, --bins or --binning"
        )
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

/// The options for the scores of predictions, and for the requirements that they must meet.
struct ScoreOptions: ParsableArguments {
  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Exit with 1 unless this requirement is met, such as 'macro_f1>=.7'; may be repeated.",
      valueName: "requirement"))
  var require: [Requirement] = []

  @Option(
    help: ArgumentHelp(
      "Print the sensitivity of each class at a specificity of at least X.", valueName: "x"))
  var atSpecificity: Double?

  @Option(
    help: ArgumentHelp(
      "Print the specificity of each class at a sensitivity of at least X.", valueName: "x"))
  var atSensitivity: Double?

  @OptionGroup var bins: BinOptions

  mutating func validate() throws {
    guard (0...1).contains(atSpecificity ?? 0), (0...1).contains(atSensitivity ?? 0) else {
      throw ValidationError("--at-specificity and --at-sensitivity must be between 0 and 1")
    }
  }

  var isGiven: Bool {
    !require.isEmpty || atSpecificity != nil || atSensitivity != nil || bins.isGiven
  }

  /// The settings of the scores.
  var chosen: ScoreList.Settings {
    var settings = ScoreList.Settings()
    settings.bins = bins.bins ?? settings.bins
    settings.binning = bins.binning ?? settings.binning
    settings.specificity = atSpecificity
    settings.sensitivity = atSensitivity
    return settings
  }
}
