import FMBase
import FMMethods
import FMMetrics
import FMReports

/// A model card (Mitchell et al. 2019) of a run's model: what it is for, what it was made from, how
/// good it is and where its limits are. It holds counts and scores that the sites have reported,
/// and nothing about single samples.
public struct ModelCard {
  /// What only people know about a model.
  public struct Statements: Sendable {
    /// The title of page and card; by default the page names the run, and the card the method.
    public var title: String?
    /// What the model may be used for; `nil` states that nobody has said.
    public var intendedUse: String?
    /// The license of the model; `nil` states that nobody has said.
    public var license: String?

    /// Creates statements.
    public init(title: String? = nil, intendedUse: String? = nil, license: String? = nil) {
      (self.title, self.intendedUse, self.license) = (title, intendedUse, license)
    }

  }

  /// A part of a section.
  enum Block {
    case paragraph(String)
    case list([String])
    case table(String, columns: [String], rows: [[String]])
  }

  private let run: RunReport
  private let statements: Statements

  /// Creates the card of a run's best model.
  public init(_ run: RunReport, _ statements: Statements = Statements()) {
    (self.run, self.statements) = (run, statements)
  }

  /// The title. It does not depend on where the run is kept.
  private var title: String {
    statements.title ?? "\(run.model.run.method), \(run.classes.count) classes"
  }

  /// The sections with their titles.
  private var sections: [(title: String, blocks: [Block])] {
    [
      ("Model", model), ("Intended use", use), ("Data", data), ("Training", training),
      ("Results", results), ("Limits", [.list(limits)]), ("Files and checksums", checksums),
    ]
  }

  // MARK: Sections

  private var model: [Block] {
    let (own, encoder) = (run.model.run, run.model.run.encoder)
    return [
      .list(
        [
          "Name: \(title)",
          "Version: round \(run.model.round), model \(run.identity)",
          "State of the run: "
            + (run.isFinished ? "finished" : "not finished; these results are preliminary"),
          "Method: \(own.method), \(run.definition?.summary ?? "")",
          "Encoder, frozen: \(encoder.name), \(encoder.dimension) features",
          "Classes: \(run.classes.joined(separator: ", "))", "Written by: \(run.tool)",
          "License: \(statements.license ?? "not stated. Ask those who ran the training")",
        ])
    ]
  }

  private var use: [Block] {
    [
      .paragraph(
        statements.intendedUse
          ?? "Nobody has stated an intended use. The model assigns an image to one of "
          + "\(run.classes.count) classes, as a second opinion for research."),
      .paragraph(
        "It is not a medical device. It has not been reviewed for decisions about patients, and it "
          + "was tested on the sites below, not at yours unless yours is among them."),
    ]
  }

  private var data: [Block] {
    let tests = run.results.tests?.sites ?? []
    let inputs = run.model.inputs
    let best = run.rounds.first(where: \.isBest)
    let names = Set(
      inputs.map(\.site) + tests.map(\.site) + run.members
    ).sorted { a, b in
      let (last, other) = (a == Name.global, b == Name.global)
      return last == other ? a.precedes(b) : other
    }
    let rows = names.map { name -> [String] in
      let test = tests.first { $0.site == name }?.report
      let input = inputs.first { $0.site == name }
      let counts = run.classes.indices.map { c in
        test?.final?.details?.confusion[c].map { "\($0.reduce(0, +))" } ?? "–"
      }
      return [
        name, input.flatMap { $0.privacy == nil ? $0.samples : nil }.map { "\($0)" } ?? "–",
        best?.sites[name].map { "\($0.total)" } ?? "–", test.map { "\($0.total)" } ?? "–",
      ] + counts
    }
    let columns = ["site", "training", "validation", "test"] + run.classes.map { "test: \($0)" }
    return [
      .paragraph(
        "Images stay at the sites; only their numbers are known here. A dash means that a number is "
          + "not reported: the site keeps it secret, has added noise to it, or has too few images of the "
          + "class."),
      .table("Images by site", columns: columns, rows: rows),
    ]
  }

  private var training: [Block] {
    let own = run.model
    var items = [
      "Rounds: " + (run.plannedRounds.map { "\(run.newestRound) of \($0)" } ?? "\(run.newestRound)")
        + "; the model is that of round \(own.round)"
    ]
    if let aggregation = own.aggregation {
      items.append(
        "Aggregation: \(aggregation.rule), weights \(aggregation.weights)"
          + (aggregation.optimizer.map { ", optimizer \($0)" } ?? ""))
    }
    items.append("Hyper-parameters: \(own.run.parameters.json.line)")
    return [.list(items), .paragraph(Verdict.privacy(of: run))]
  }

  private var results: [Block] {
    guard let tests = run.results.tests else {
      let best = run.rounds.first(where: \.isBest)
      return [
        .paragraph(
          "The model has not been tested."
            + (best?.accuracy.map {
              " Its mean validation accuracy is \(Shown.percent($0)) %, by which it was chosen."
            } ?? ""))
      ]
    }
    let verdict = Verdict(run)
    let rows = tests.sites.map { site -> [String] in
      let report = site.report
      guard let name = report.finalPredictor else {
        return [site.site, "\(report.total)"] + [String](repeating: "–", count: 5)
      }
      return [
        site.site, "\(report.total)", Shown.percent(report.estimate(of: name, .accuracy)),
        Shown.percent(report.scores[Report.majority]?.values[.accuracy]),
        Shown.percent(report.scores[Report.alone]?.values[.accuracy]),
        Shown.percent(report.estimate(of: name, .balancedAccuracy)),
        Shown.score(report.estimate(of: name, .macroAUC)),
      ]
    }
    return [
      .paragraph(
        ([verdict?.lead].compactMap { $0 } + (verdict?.warnings ?? [])).joined(separator: " ")),
      .table(
        "Test results by site, with 95 % intervals where known",
        columns: [
          "site", "test images", "accuracy (%)", "most frequent class (%)", "site alone (%)",
          "balanced accuracy (%)", "AUC",
        ], rows: rows),
    ] + (verdict.map { [.paragraph($0.intervals)] } ?? [])
  }

  /// The fewest test images of a class for a reliable score.
  private static let fewImages = 30

  private var limits: [String] {
    var limits = [
      "Every image is assigned to one of the \(run.classes.count) classes, even an image of "
        + "something else.",
      "The encoder is frozen; what it cannot distinguish, no site can teach the model.",
    ]
    let tests = run.results.tests?.sites ?? []
    limits.append(
      tests.contains { $0.site == Name.global && $0.report.finalPredictor != nil }
        ? "One held-out site was tested; other hospitals may differ from all of these."
        : "No held-out site was tested; how the model does at another hospital is unknown.")
    let ranked = tests.filter { $0.site != Name.global }.compactMap { site in
      site.report.final?.values[.accuracy].map { (site.site, $0) }
    }.sorted { $0.1 < $1.1 }
    if let worst = ranked.first, let best = ranked.last, ranked.count > 1 {
      limits.append(
        "Sites differ: accuracy is from \(Shown.percent(worst.1)) % (\(worst.0)) to "
          + "\(Shown.percent(best.1)) % (\(best.0)).")
    }
    if let pool = run.results.pooled {
      let matrix = pool.details.visible
      let few = run.classes.indices.filter { matrix.truths($0) < Self.fewImages }
      if !few.isEmpty {
        limits.append(
          "Fewer than \(Self.fewImages) test images are known of: "
            + "\(few.map { run.classes[$0] }.joined(separator: ", ")).")
      }
      let weak = Verdict(run)?.weakClasses(fewest: 1) ?? []
      if !weak.isEmpty {
        limits.append(
          "Fewer than half of the test images were recognized of: "
            + weak.map { "\($0.name) (\(Shown.percent($0.recall)) %)" }.joined(separator: ", ")
            + ".")
      }
      limits.append(
        "The expected calibration error over all training sites is "
          + "\(Shown.number(ReliabilityTable.calibrationError(pool.details.reliability), places: 3))."
      )
    }
    limits.append(
      "One run was made: another seed or another division of the images gives other figures.")
    return limits
  }

  private var checksums: [Block] {
    let encoder = run.model.run.encoder
    let named: [(String, String?)] = [
      ("model", run.identity), ("model of the round before", run.model.parent),
      ("encoder checkpoint", encoder.sha256), ("encoder settings", encoder.settings),
      ("class texts", encoder.text),
    ]
    let rows =
      named.compactMap { name, sum in sum.map { [name, $0] } }
      + run.model.inputs.map { ["update of \($0.site)", $0.identity] }
      + (run.results.tests?.sites ?? []).map { ["test report of \($0.site)", $0.identity] }
    return [
      .paragraph(
        "The identity of an archive is the SHA-256 of its manifest.json, which lists the checksums of "
          + "its other members; “fm-eval check” prints and verifies it."),
      .table("Identities", columns: ["archive", "SHA-256"], rows: rows),
    ]
  }
}

// MARK: Forms

extension ModelCard {
  /// The card as the last section of a page.
  var html: String {
    let parts = sections.map { title, blocks in
      "<h3>\(HTML.escape(title))</h3>\n"
        + blocks.map { block in
          switch block {
          case .paragraph(let text): HTML.paragraph(text)
          case .list(let items): HTML.list(items)
          case .table(let caption, let columns, let rows):
            Self.table(caption, columns, rows)
          }
        }.joined()
    }
    return HTML.section("card", "Model card", parts.joined())
  }

  /// The most rows of a table on the page that is always open, and printed.
  private static let longTable = 50

  private static func table(_ caption: String, _ columns: [String], _ rows: [[String]]) -> String {
    let cells = rows.map { row in
      row.map { HTML.Cell($0, isText: Double($0) == nil && $0.utf8.count > 40) }
    }
    let table = HTML.table(caption, columns, cells)
    return rows.count <= longTable
      ? table
      : "<details><summary>\(HTML.escape(caption)): \(rows.count) rows</summary>\(table)</details>\n"
  }

  /// The card as Markdown, with tables as of GitHub.
  public var markdown: String {
    let parts = sections.map { title, blocks in
      "## \(title)\n\n" + blocks.map(Self.markdown).joined(separator: "\n")
    }
    return "# Model card: \(Self.escape(title))\n\n"
      + parts.joined(separator: "\n")
  }

  private static func markdown(_ block: Block) -> String {
    switch block {
    case .paragraph(let text): return "\(escape(text))\n"
    case .list(let items): return items.map { "- \(escape($0))\n" }.joined()
    case .table(let caption, let columns, let rows):
      func line(_ cells: [String]) -> String {
        "| \(cells.map(escape).joined(separator: " | ")) |\n"
      }
      return "\(escape(caption)):\n\n" + line(columns)
        + "|\(String(repeating: " --- |", count: columns.count))\n" + rows.map(line).joined()
    }
  }

  /// Escapes what has a meaning in Markdown.
  private static func escape(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "\\", "`", "*", "_", "[", "]", "|", "#": result += "\\\(character)"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      default: result.append(character)
      }
    }
    return result
  }
}
