import ArgumentParser
import FMCommand
import FedMed
import Glibc

/// Assigns samples to sites and splits.
struct Partitioner: Tool {
  static let configuration = CommandConfiguration(
    commandName: "fm-partition",
    abstract: "Assign samples to sites, and split each site's into train, validation and test.",
    usage: """
      fm-partition --scheme SCHEME [options] [TABLE] > TABLE
      fm-partition --scheme SCHEME [options] -o DIR [FEATURES]
      """,
    discussion: """
      A table of samples (tab-separated, with a header) is written to standard output with two more \
      columns, fm_site and fm_split. A feature archive becomes one archive per site in DIR.
      """,
    version: version(of: "fm-partition"))

  @Option(
    help: ArgumentHelp(
      "The partition scheme: \(schemeNames).", valueName: "name"),
    completion: .list(PartitionSchemes.all.map { $0.name }))
  var scheme: String

  @Option(help: "With scheme column: the column that names each sample's site.")
  var column: String?

  @Option(help: "With scheme whole: the name of the site.")
  var site: String?

  @Option(help: "With iid, dirichlet, pathological and quantity: the number of sites.")
  var sites: Int?

  @Option(
    help: "With dirichlet and quantity: the concentration; smaller values are less even.")
  var alpha: Double?

  @Option(help: "With pathological: the number of classes at each site.")
  var classesPerSite: Int?

  @Option(help: "For a table: the column with the class (label, if present).")
  var label: String?

  @Option(help: "Keep samples with the same value in this column together, such as a patient's.")
  var group: String?

  @Option(help: "Percentages of train, validation and test samples.")
  var split = "60/20/20"

  @Flag(help: "Split each class separately, so that all splits have the same class frequencies.")
  var stratify = false

  @Option(
    help: ArgumentHelp(
      "Hold out this site: name it Global, and use all its samples for testing.",
      valueName: "name")
  )
  var holdout: String?

  @Option(
    help: "Hold out this share of the samples of each class as Global, before the partition.")
  var holdoutFraction: Double?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("Exclude this site; may be repeated.", valueName: "name"))
  var drop: [String] = []

  @Option(
    help: "Exclude sites with fewer samples; dirichlet and quantity draw again until none has.")
  var minSamples = 1

  @Option(help: "Seed of all random numbers.")
  var seed: UInt64 = 0

  @OptionGroup(title: "Summary") var summaryTable: TableOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Write a table to this file (standard output), or archives to this folder.",
      valueName: "path"),
    completion: .file())
  var output: String?

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(
    help: "A table of samples or a feature archive; - is standard input.", completion: .file())
  var input = "-"

  private static let summaryColumns =
    ["site", "class"] + Split.allCases.map(\.rawValue) + ["total"]

  private static var schemeNames: String {
    PartitionSchemes.all.map { $0.name }.joined(separator: ", ")
  }

  func execute() throws(FedMedError) {
    try summaryTable.check(Self.summaryColumns)
    let source = try ByteSource(path: input)
    // A tar archive has its magic in the first block; a compressed file is not a table either.
    let start = try source.peek(512)
    let isTar = start.count == 512 && start[257..<262].elementsEqual("ustar".utf8)
    let isCompressed = start.starts(with: [0x1F, 0x8B]) || start.starts(with: [0x28, 0xB5, 0x2F])
    if isTar || isCompressed {
      try partitionArchive(source)
    } else {
      try partitionTable(source)
    }
  }

  private func partitionTable(_ source: ByteSource) throws(FedMedError) {
    var table = try Table(text: source.text(limit: Table.sizeLimit), file: source.name)
    guard !table.rows.isEmpty else {
      throw FedMedError(.badData, "no samples", file: source.name)
    }
    var (labels, classes): ([Int]?, [String]) = (nil, [])
    if label != nil || table.header.contains("label") {
      let names: [String]
      do throws(FedMedError) {
        names = try table.column(label ?? "label")
      } catch {
        throw error.naming(file: source.name)
      }
      classes = ClassNames.distinct(names)
      let numbers = Dictionary(uniqueKeysWithValues: zip(classes, classes.indices))
      labels = names.compactMap { numbers[$0] }
    }
    let (samples, partition) = try divide(table, labels: labels, classes: classes, source.name)
    var siteOf = [String?](repeating: nil, count: table.rows.count)
    var splits = [String](repeating: "", count: table.rows.count)
    for site in partition.sites {
      for (row, split) in zip(site.rows, site.splits) {
        siteOf[row] = site.name
        splits[row] = split.rawValue
      }
    }
    let kept = siteOf.indices.filter { siteOf[$0] != nil }
    table = table.gathering(kept)
    table.set("fm_site", kept.map { siteOf[$0] ?? "" })
    table.set("fm_split", kept.map { splits[$0] })
    try write(table)
    if !verbosity.quiet { try summary(partition, samples).show(summaryTable, messages: messages) }
  }

  /// Writes the table of samples; on a terminal, as aligned columns.
  private func write(_ table: Table) throws(FedMedError) {
    guard isatty(STDOUT_FILENO) == 1, output ?? "-" == "-" else {
      let text = table.lines.map { $0 + "\n" }.joined()
      return try Output.write(text: text, to: output, inputs: [input])
    }
    var records = Records("samples", columns: table.header)
    for row in table.rows { records.add(row.map { .string($0) }) }
    try records.write(to: nil, TableOptions(), messages: messages)
  }

  private func partitionArchive(_ source: ByteSource) throws(FedMedError) {
    guard let output, output != "-" else {
      throw FedMedError(
        .usage, "-o is required to partition a feature archive", file: source.name,
        hint: "-o names the folder for the archives of the sites")
    }
    guard label == nil else {
      throw FedMedError(.usage, "--label has no effect with a feature archive, which has labels")
    }
    let features = try FeatureSet(ArchiveReader(source, kinds: [.features]))
    let (samples, partition) = try divide(
      features.table, labels: features.labels, classes: features.classes, source.name)
    if mkdir(output, 0o777) != 0 && errno != EEXIST {
      throw Folder.cannotCreate(output, errno: errno)
    }
    // A run would take the archives of an earlier partition for sites of this one.
    let names = Set(partition.slugs.map { "\($0).tar" })
    if let unrelated = try Folder.names(output, failingWith: .cannotCreate).first(where: {
      $0.hasSuffix(".tar") && !names.contains($0)
    }) {
      throw FedMedError(
        .cannotCreate, "contains \(unrelated), which is not part of this partition", file: output,
        hint: "use another folder, or remove the file")
    }
    // The archives are published together, after the last one is written.
    var pending: [Output.Pending] = []
    for (site, slug) in zip(partition.sites, partition.slugs) {
      var part = features.gathering(site.rows)
      part.site = site.name
      part.split = site.splits
      let file = try Output.Pending(path: "\(output)/\(slug).tar", inputs: [input])
      try file.write { descriptor, name throws(FedMedError) in
        try part.write(
          tool: Self.signature, parent: features.identity, to: descriptor, file: name)
      }
      pending.append(file)
      detail("\(output)/\(slug).tar: \(site.name), \(site.rows.count) samples")
    }
    for file in pending { try file.publish() }
    if !verbosity.quiet {
      try summary(partition, samples).write(to: nil, summaryTable, messages: messages)
    }
  }

  private func divide(
    _ table: Table, labels: [Int]?, classes: [String], _ file: String
  ) throws(FedMedError) -> (SampleSet, Partition) {
    var options = PartitionOptions()
    options.column = column
    options.site = site
    options.sites = sites
    options.alpha = alpha
    options.classesPerSite = classesPerSite
    options.minimumSamples = minSamples
    guard let type = PartitionSchemes.all.first(where: { $0.name == scheme }) else {
      throw FedMedError(
        .usage, "unknown scheme '\(printable(scheme))' (known: \(Self.schemeNames))")
    }
    try options.check(for: type)
    guard minSamples > 0 else { throw FedMedError(.usage, "--min-samples must be at least 1") }
    guard holdout == nil || holdoutFraction == nil else {
      throw FedMedError(.usage, "--holdout cannot be combined with --holdout-fraction")
    }
    var held = Partition.Holdout.none
    if let holdout { held = .site(holdout) }
    if let holdoutFraction {
      guard holdoutFraction > 0 && holdoutFraction < 1 else {
        throw FedMedError(.usage, "--holdout-fraction must be between 0 and 1")
      }
      held = .fraction(holdoutFraction)
    }
    let samples = try SampleSet(
      table: table, labels: labels, classes: classes, group: group, name: file)
    let partition: Partition
    do throws(FedMedError) {
      partition = try Partition(
        samples, scheme: try type.init(options),
        split: SplitPlan(split, stratified: stratify), holdout: held, drop: drop,
        minimumSamples: minSamples, seed: seed)
    } catch {
      throw error.code == .usage ? error : error.naming(file: file)
    }
    for small in partition.tooSmall {
      inform("\(small.site): \(small.samples) samples (excluded)")
    }
    return (samples, partition)
  }

  /// The numbers of samples by site, class and split.
  private func summary(_ partition: Partition, _ samples: SampleSet) -> Records {
    var records = Records("partition", columns: Self.summaryColumns)
    for site in partition.sites {
      for c in samples.isLabeled ? samples.classes.indices : 0..<1 {
        let own = zip(site.rows, site.splits).filter { samples.labels[$0.0] == c }
        let counts = Split.allCases.map { split in own.count { $0.1 == split } }
        let name: JSON = samples.isLabeled ? .string(samples.classes[c]) : .null
        records.add(
          [.string(site.name), name] + (counts + [own.count]).map { .integer($0) })
      }
    }
    return records
  }
}

Partitioner.start()
