import ArgumentParser
import FMCommand
import FedMed
import Glibc

struct Partitioner: Tool {
  static let configuration = CommandConfiguration(
    commandName: "fm-partition",
    abstract: "Spread samples over sites, and each site's over train, validation and test.",
    usage: """
      fm-partition --scheme SCHEME [options] [TABLE] > TABLE
      fm-partition --scheme SCHEME [options] -o DIR [FEATURES]
      """,
    discussion: """
      A sample table (tab-separated, with a header) comes out on standard output with the columns \
      fm_site and fm_split added. A feature archive becomes one archive per site in DIR.
      """,
    version: version(of: "fm-partition"))

  @Option(
    help: ArgumentHelp(
      "How to spread the samples: \(schemeNames).", valueName: "name"),
    completion: .list(PartitionSchemes.all.map { $0.name }))
  var scheme: String

  @Option(help: "The column that names each sample's site (scheme column).")
  var column: String?

  @Option(help: "The one site's name (scheme whole).")
  var site: String?

  @Option(help: "How many sites to make (iid, dirichlet, pathological, quantity).")
  var sites: Int?

  @Option(help: "The Dirichlet concentration; small is very uneven (dirichlet, quantity).")
  var alpha: Double?

  @Option(help: "How many classes each site has (pathological).")
  var classesPerSite: Int?

  @Option(help: "The column of the class, in a table (label, where there is one).")
  var label: String?

  @Option(help: "The column of the patient or lesion whose samples stay together.")
  var group: String?

  @Option(help: "Percentages of train, validation and test.")
  var split = "60/20/20"

  @Flag(help: "Split each class by itself.")
  var stratify = false

  @Option(
    help: ArgumentHelp("Make this site Global: held out, all of it for testing.", valueName: "name")
  )
  var holdout: String?

  @Option(help: "Make this share of the samples Global, of each class, before all else.")
  var holdoutFraction: Double?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("Leave out this site; may be repeated.", valueName: "name"))
  var drop: [String] = []

  @Option(help: "Leave out sites with fewer samples; dirichlet and quantity draw anew.")
  var minSamples = 1

  @Option(help: "Decides every random draw.")
  var seed: UInt64 = 0

  @OptionGroup var summaryTable: TableOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Where to write: a file for a table, a folder for archives.", valueName: "path"),
    completion: .file())
  var output: String?

  @OptionGroup var talk: TalkOptions

  @Argument(help: "A sample table or a feature archive; - is standard input.", completion: .file())
  var input = "-"

  private static var schemeNames: String {
    PartitionSchemes.all.map { $0.name }.joined(separator: ", ")
  }

  func execute() throws(FedMedError) {
    let source = try ByteSource(path: input)
    // A tar says so in its first block; what is compressed is no table either.
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
    let text = table.lines.map { $0 + "\n" }.joined()
    try Output.write(text: text, to: output, inputs: [input])
    if !talk.quiet { try summary(partition, samples).show(summaryTable) }
  }

  private func partitionArchive(_ source: ByteSource) throws(FedMedError) {
    guard let output, output != "-" else {
      throw FedMedError(
        .usage, "a feature archive is partitioned into a folder", file: source.name,
        hint: "name it with -o")
    }
    guard label == nil else {
      throw FedMedError(.usage, "--label is for tables; an archive has its labels")
    }
    let features = try FeatureSet(ArchiveReader(source, kinds: [.features]))
    let (samples, partition) = try divide(
      features.table, labels: features.labels, classes: features.classes, source.name)
    if mkdir(output, 0o777) != 0 && errno != EEXIST {
      throw Folder.cannotCreate(output, errno: errno)
    }
    // What an earlier partition left would be taken for sites of this one.
    let names = Set(partition.slugs.map { "\($0).tar" })
    if let stranger = try Folder.names(output, failingWith: .cannotCreate).first(where: {
      $0.hasSuffix(".tar") && !names.contains($0)
    }) {
      throw FedMedError(
        .cannotCreate, "holds \(stranger), which is no part of this partition", file: output,
        hint: "name another folder, or remove it")
    }
    // All or none: the files get their names when the last one is written.
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
      sayMore("\(output)/\(slug).tar: \(site.name), \(site.rows.count) samples")
    }
    for file in pending { try file.publish() }
    if !talk.quiet {
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
        .usage, "unknown scheme '\(scheme)'", hint: "the schemes are \(Self.schemeNames)")
    }
    try options.check(for: type)
    guard minSamples > 0 else { throw FedMedError(.usage, "--min-samples must be at least 1") }
    guard holdout == nil || holdoutFraction == nil else {
      throw FedMedError(.usage, "--holdout and --holdout-fraction exclude each other")
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
      say("\(small.site): left out, \(small.samples) samples")
    }
    return (samples, partition)
  }

  /// Samples by site, class and split.
  private func summary(_ partition: Partition, _ samples: SampleSet) -> Records {
    let columns = ["site", "class"] + Split.allCases.map(\.rawValue) + ["total"]
    var records = Records("partition", columns: columns)
    for site in partition.sites {
      for c in samples.isLabelled ? samples.classes.indices : 0..<1 {
        let own = zip(site.rows, site.splits).filter { samples.labels[$0.0] == c }
        let counts = Split.allCases.map { split in own.count { $0.1 == split } }
        let name: JSON = samples.isLabelled ? .string(samples.classes[c]) : .null
        records.add(
          [.string(site.name), name] + (counts + [own.count]).map { .integer($0) })
      }
    }
    return records
  }
}

Partitioner.start()
