import ArgumentParser
import FMCommand
import FedMed

/// The options for the format and the file of a table.
struct TextOptions: ParsableArguments {
  @OptionGroup var table: TableOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Write the table to this file (standard output).", valueName: "file"),
    completion: .file())
  var output: String?

  /// Checks that none of these options is given, if no table is written.
  /// - Throws: `usage` if one is given.
  func requireNone() throws(FedMedError) {
    guard output == nil, !table.isGiven else {
      throw FedMedError(
        .usage, "--output, --format and --columns have no effect: no table is written")
    }
  }
}

extension Verb {
  /// Writes a table, and prints the names of columns that do not fit the terminal.
  func write(_ records: Records, _ text: TextOptions, inputs: [String]) throws(FedMedError) {
    try records.write(
      to: text.output, text.table, inputs: inputs, messages: verbosity.quiet ? nil : messages)
  }
}

/// The option for the split to evaluate.
struct SplitOptions: ParsableArguments {
  @Option(
    help: "Use these samples (test; all if they were never split).")
  var split: SplitChoice?

  /// The chosen split; `nil` for all samples.
  func chosen(_ features: FeatureSet) -> Split? {
    (split ?? (features.split == nil ? .all : .test)).split
  }
}

enum SplitChoice: String, CaseIterable, ExpressibleByArgument {
  case train, validation, test, all

  var split: Split? { Split(rawValue: rawValue) }
}

/// The options for a site's features and private state.
struct SiteOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The site's features.", valueName: "file"), completion: .file())
  var features: String?

  @Option(
    help: ArgumentHelp("The site's private state.", valueName: "file"), completion: .file())
  var state: String?

  /// Reads the model and the site's files.
  /// - Parameters:
  ///   - tool: the tool that prints messages.
  ///   - model: the path of the model; `nil` is standard input.
  ///   - outputs: the paths of the archives to write, which are checked first.
  ///   - mix: the known class distribution; `nil` if there is no such option.
  /// - Throws: `usage` if options are missing or cannot be combined; `noInput` or `badData` if a
  ///   file cannot be read or does not fit the model.
  func subject(
    _ tool: some Tool, model: String?, outputs: [String?], mix: CaseMixOptions? = nil
  ) throws(FedMedError) -> Subject {
    guard let features else { throw FedMedError(.usage, "--features is required") }
    let inputs = [model ?? "-", features] + [state].compactMap { $0 }
    guard inputs.count(where: { $0 == "-" }) <= 1 else {
      throw FedMedError(.usage, "standard input can be read only once")
    }
    for archive in outputs.compactMap({ $0 }) {
      try Output.check(archive, inputs: inputs, isBinary: true)
    }
    return try Subject(
      tool, model: model ?? "-", features: features, state: state,
      prior: mix?.prior?.probabilities)
  }
}

/// The option for a known class distribution.
struct CaseMixOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "With gaussian: predict for these class frequencies, in the model's order, such as .2,.5,.3 (the site's own).",
      valueName: "list"))
  var prior: CaseMix?
}

/// Class frequencies separated by commas, scaled to a sum of 1.
struct CaseMix: ExpressibleByArgument {
  let probabilities: [Double]

  init?(argument: String) {
    let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map(Double.init)
    let shares = numbers.compactMap { $0 }
    let total = shares.reduce(0, +)
    guard shares.count == numbers.count, shares.allSatisfy({ $0 >= 0 && $0.isFinite }), total > 0,
      total.isFinite
    else { return nil }
    probabilities = shares.map { $0 / total }
  }
}

/// Standard deviations of noise, separated by commas.
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

/// The options for confidence intervals by the bootstrap.
struct SampleOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Compute confidence intervals from this number of bootstrap resamples, such as 1000; for a model, the report holds the main scores in each of them.",
      valueName: "n"))
  var bootstrap: Int?

  @Option(
    help: ArgumentHelp(
      "With --bootstrap: resample groups of samples with the same value in this column (for a model, patient if the features have it).",
      valueName: "column"))
  var group: String?

  @Option(
    help: ArgumentHelp(
      "With --group, for predictions: the table with that column (the table of predictions).",
      valueName: "tsv"), completion: .file())
  var samples: String?

  mutating func validate() throws {
    guard (1...1_000_000).contains(bootstrap ?? 1) else {
      throw ValidationError("--bootstrap must be between 1 and 1000000")
    }
    guard bootstrap != nil || group == nil else {
      throw ValidationError("--group requires --bootstrap")
    }
    guard group != nil || samples == nil else {
      throw ValidationError("--samples requires --group")
    }
  }

  var isGiven: Bool { bootstrap != nil || group != nil || samples != nil }

  /// Reads the table of samples; `nil` if none is given.
  func table() throws(FedMedError) -> (table: Table, file: String)? {
    try samples.map { path throws(FedMedError) in
      let source = try ByteSource(path: path)
      return (
        try Table(text: source.text(limit: Table.sizeLimit), file: source.name), path
      )
    }
  }

  /// The resamples of predictions; `nil` if no intervals are computed.
  func resamples(_ source: PredictionSource, seed: UInt64?) -> Bootstrap? {
    bootstrap.map {
      Bootstrap(labels: source.final.labels, groups: source.groups, count: $0, seed: seed ?? 0)
    }
  }
}

/// The options for the bins of the calibration error.
struct BinOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The number of bins of the calibration error (15).", valueName: "n"))
  var bins: Int?

  @Option(help: "Use bins of equal width or of equal mass (width).")
  var binning: ReliabilityTable.Binning?

  mutating func validate() throws {
    guard (1...10_000).contains(bins ?? 15) else {
      throw ValidationError("--bins must be between 1 and 10000")
    }
  }

  var isGiven: Bool { bins != nil || binning != nil }
}

extension Score: ExpressibleByArgument {}
extension ReliabilityTable.Binning: ExpressibleByArgument {}
extension Requirement: ExpressibleByArgument {
  /// Parses the argument; `nil` if it is malformed.
  public init?(argument: String) { self.init(argument) }
}
