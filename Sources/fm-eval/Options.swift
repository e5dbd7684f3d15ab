import ArgumentParser
import FMCommand
import FedMed

/// The form and place of a printed table.
struct TextOptions: ParsableArguments {
  @OptionGroup var table: TableOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Write the table to this file (standard output).", valueName: "file"),
    completion: .file())
  var output: String?

  /// Refuses these options if no table is written.
  func requireNone() throws(FedMedError) {
    guard output == nil, !table.isGiven else {
      throw FedMedError(
        .usage, "--output, --format and --columns have no effect: no table is written")
    }
  }
}

extension Verb {
  /// Writes a table, and says which of its columns do not fit the terminal.
  func write(_ records: Records, _ text: TextOptions, inputs: [String]) throws(FedMedError) {
    try records.write(
      to: text.output, text.table, inputs: inputs, messages: talk.quiet ? nil : messages)
  }
}

/// Which of a site's samples.
struct SplitOptions: ParsableArguments {
  @Option(
    help: "The samples: train, validation, test or all (test; all where they were never split).")
  var split: SplitChoice?

  /// nil is all samples.
  func chosen(_ features: FeatureSet) -> Split? {
    (split ?? (features.split == nil ? .all : .test)).split
  }
}

enum SplitChoice: String, CaseIterable, ExpressibleByArgument {
  case train, validation, test, all

  var split: Split? { Split(rawValue: rawValue) }
}

/// A model at a site: its features and its private state.
struct SiteOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The site's features.", valueName: "file"), completion: .file())
  var features: String?

  @Option(
    help: ArgumentHelp("The site's private state.", valueName: "file"), completion: .file())
  var state: String?

  func subject(
    _ tool: some Tool, model: String?, outputs: [String?], mix: CaseMixOptions? = nil
  ) throws(FedMedError) -> Subject {
    guard let features else { throw FedMedError(.usage, "needs --features") }
    let inputs = [model ?? "-", features] + [state].compactMap { $0 }
    guard inputs.count(where: { $0 == "-" }) <= 1 else {
      throw FedMedError(.usage, "standard input cannot be two of model, features and state")
    }
    for archive in outputs.compactMap({ $0 }) {
      try Output.check(archive, inputs: inputs, isBinary: true)
    }
    return try Subject(
      tool, model: model ?? "-", features: features, state: state,
      prior: mix?.prior?.probabilities)
  }
}

/// A mix of cases that is known.
struct CaseMixOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Of gaussian: predict for these shares of the classes, in the model's order, such as .2,.5,.3, in place of the site's own.",
      valueName: "list"))
  var prior: CaseMix?
}

/// Shares of classes, with commas between them; they are scaled to sum to 1.
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

/// Which predictions, and how they are drawn for intervals.
struct SampleOptions: ParsableArguments {
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

  mutating func validate() throws {
    guard (1...1_000_000).contains(bootstrap ?? 1) else {
      throw ValidationError("--bootstrap must be from 1 to 1000000")
    }
    guard bootstrap != nil || group == nil else {
      throw ValidationError("--group goes with --bootstrap")
    }
    guard group != nil || samples == nil else {
      throw ValidationError("--samples goes with --group")
    }
  }

  var isGiven: Bool { bootstrap != nil || group != nil || samples != nil }

  func table() throws(FedMedError) -> (table: Table, file: String)? {
    try samples.map { path throws(FedMedError) in
      let source = try ByteSource(path: path)
      return (
        try Table(text: source.text(limit: Table.sizeLimit), file: source.name), path
      )
    }
  }

  func draws(_ source: PredictionSource, seed: UInt64?) -> Bootstrap? {
    bootstrap.map {
      Bootstrap(labels: source.final.labels, groups: source.groups, count: $0, seed: seed ?? 0)
    }
  }
}

/// The bins of confidence.
struct BinOptions: ParsableArguments {
  @Option(help: "How many bins the calibration error has (15).")
  var bins: Int?

  @Option(help: "Bins of equal width, or of equal mass (width).")
  var binning: ReliabilityTable.Binning?

  mutating func validate() throws {
    guard (1...10_000).contains(bins ?? 15) else {
      throw ValidationError("--bins must be from 1 to 10000")
    }
  }

  var isGiven: Bool { bins != nil || binning != nil }
}

extension Score: ExpressibleByArgument {}
extension ReliabilityTable.Binning: ExpressibleByArgument {}
extension Requirement: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}
