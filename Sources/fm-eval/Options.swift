import ArgumentParser
import FMCommand
import FedMed

/// The samples to evaluate.
enum SplitChoice: String, CaseIterable, ExpressibleByArgument {
  case train, validation, test, all

  var split: Split? { Split(rawValue: rawValue) }
}

/// Options for evaluating a model, and for calibrating it.
struct EvaluationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The features to evaluate on.", valueName: "file"), completion: .file())
  var features: String?

  @Option(
    help: ArgumentHelp("The site's private state.", valueName: "file"), completion: .file())
  var state: String?

  @Option(
    help: ArgumentHelp(
      "With --calibrate: where the new state goes (the old one's place).", valueName: "file"),
    completion: .file())
  var stateOut: String?

  @Option(
    help: "The samples: train, validation, test or all (test; all where they were never split).")
  var split: SplitChoice?

  @Flag(help: "Write a table of predictions: sample, class, p_1 to p_C.")
  var predict = false

  @Option(
    help: ArgumentHelp(
      "Evaluate with noise on the features too: its deviations, in their root mean square, such as .1,.2.",
      valueName: "list"))
  var noise: NoiseLevels?

  @Option(
    help: ArgumentHelp(
      "Write the scores as a report archive; of the validation split, counts alone.",
      valueName: "file"), completion: .file())
  var reportOut: String?

  @Option(
    help: ArgumentHelp(
      "With --report-out: the fewest samples that a number may rest on; classes with fewer are hidden (\(Report.minimumCount)).",
      valueName: "number"))
  var minCount: Int?

  @OptionGroup var signing: SigningOptions

  @Option(
    help: ArgumentHelp("Write the predictions as an archive.", valueName: "file"),
    completion: .file())
  var predictionsOut: String?

  var isGiven: Bool {
    features != nil || state != nil || stateOut != nil || split != nil || predict || noise != nil
      || reportOut != nil || minCount != nil || signing.sign != nil
      || predictionsOut != nil
  }

  mutating func validate() throws {
    guard (1...1 << 20).contains(minCount ?? 1) else {
      throw ValidationError("--min-count must be from 1 to 1048576")
    }
    guard minCount == nil && signing.sign == nil || reportOut != nil else {
      throw ValidationError("--min-count and --sign go with --report-out")
    }
  }
}

/// Deviations of noise, with commas between them.
struct NoiseLevels: ExpressibleByArgument {
  let levels: [Double]

  init?(argument: String) {
    let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map(Double.init)
    levels = numbers.compactMap { $0 }
    guard levels.count == numbers.count, levels.allSatisfy({ (0...100).contains($0) }) else {
      return nil
    }
  }
}

/// What of the predictions is shown in place of their scores.
enum ScoreView: String, CaseIterable, ExpressibleByArgument {
  case confusion, reliability, roc, decision
}

/// Options for scoring predictions.
struct ScoringOptions: ParsableArguments {
  @Option(
    help:
      "Show something else than the scores: confusion, reliability, roc (points) or decision (net benefit)."
  )
  var show: ScoreView?

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

  @Option(help: "How many bins the calibration error has (15).")
  var bins: Int?

  @Option(help: "Bins of equal width, or of equal mass (width).")
  var binning: ReliabilityTable.Binning?

  @Option(help: "Intervals from so many draws of the samples, such as 1000.")
  var bootstrap: Int?

  @Option(
    help: ArgumentHelp(
      "With --bootstrap: samples with the same value in this column are drawn together.",
      valueName: "column"))
  var group: String?

  @Option(
    help: ArgumentHelp(
      "With --group: the table with that column, if it is not that of the predictions.",
      valueName: "tsv"), completion: .file())
  var samples: String?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Compare with these predictions on the same samples; once for each of the others.",
      valueName: "file"), completion: .file())
  var against: [String] = []

  var settings: ScoreList.Settings {
    var settings = ScoreList.Settings()
    settings.bins = bins ?? settings.bins
    settings.binning = binning ?? settings.binning
    settings.specificity = atSpecificity
    settings.sensitivity = atSensitivity
    return settings
  }

  var isGiven: Bool {
    isPlain == false || bootstrap != nil || group != nil || samples != nil || !against.isEmpty
  }

  /// Whether there is none that a comparison does not take.
  private var isPlain: Bool {
    show == nil && require.isEmpty && bins == nil && binning == nil && atSpecificity == nil
      && atSensitivity == nil
  }

  mutating func validate() throws {
    guard (1...10_000).contains(bins ?? 15) else {
      throw ValidationError("--bins must be from 1 to 10000")
    }
    guard (1...1_000_000).contains(bootstrap ?? 1) else {
      throw ValidationError("--bootstrap must be from 1 to 1000000")
    }
    guard (0...1).contains(atSpecificity ?? 0), (0...1).contains(atSensitivity ?? 0) else {
      throw ValidationError("--at-specificity and --at-sensitivity must be from 0 to 1")
    }
    guard bootstrap != nil || group == nil else {
      throw ValidationError("--group goes with --bootstrap")
    }
    guard group != nil || samples == nil else {
      throw ValidationError("--samples goes with --group")
    }
    guard against.isEmpty || isPlain else {
      throw ValidationError("--against goes with --bootstrap, --seed and --group alone")
    }
    guard
      show == nil
        || require.isEmpty && bootstrap == nil && atSpecificity == nil && atSensitivity == nil
    else {
      throw ValidationError("--show takes none of the scores' options")
    }
    guard show == nil || show == .reliability || bins == nil && binning == nil else {
      throw ValidationError("--bins and --binning go with the scores or --show reliability")
    }
  }
}

extension Score: ExpressibleByArgument {}
extension ReliabilityTable.Binning: ExpressibleByArgument {}
extension Requirement: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}
