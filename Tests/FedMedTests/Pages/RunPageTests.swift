import Testing

@testable import FMBase
@testable import FMMetrics
@testable import FMPages
@testable import FMReports

struct RunPageTests {
  private let skills: [TestRun.Skill] = [("alone", 0.7), ("fam", 0.6), ("ensemble", 0.8)]

  /// Checks that every element is closed, in order.
  private func expectWellFormed(_ page: String) {
    var open: [Substring] = []
    let empty: Set<Substring> = ["meta", "path", "circle"]
    for tag in page.matches(of: #/<(\/?)([a-z0-9]+)[^>]*?(\/?)>/#) {
      let name = tag.output.2
      if !tag.output.3.isEmpty || empty.contains(name) { continue }
      if tag.output.1.isEmpty {
        open.append(name)
      } else {
        #expect(open.popLast() == name)
      }
    }
    #expect(open.isEmpty)
  }

  @Test func pageIsWellFormedAndLoadsNothing() throws {
    let folder = try TemporaryFolder()
    let run = try TestRun(folder, "<run> & 'co'", classes: ["a<b", "c & d", "e\"f", "g"])
    for site in ["x", "y<z>", "Global"] { try run.add(site, samples: 150, skills) }
    let page = try RunPage(
      run.read(),
      statements: ModelCard.Statements(
        title: "A <title>", intendedUse: "Triage | <b>", license: "CC BY 4.0"), tool: "test 1"
    ).html
    expectWellFormed(page)
    for part in ["<script", "http:", "https:", "url(", "@import", "y<z>", "a<b", "<b>"] {
      #expect(!page.contains(part), "\(part)")
    }
    #expect(page.contains("<h1>A &lt;title&gt;</h1>") && page.contains("Triage | &lt;b&gt;"))
    let ids = page.matches(of: #/ id="([^"]*)"/#).map { String($0.output.1) }
    #expect(Set(ids).count == ids.count)
    for link in page.matches(of: #/href="#([^"]*)"/#) {
      #expect(ids.contains(String(link.output.1)))
    }
    #expect(!page.contains("nan") && !page.contains("inf\""))
    for part in ["verdict", "results", "sites", "settings", "card"] {
      #expect(page.contains("<section id=\"\(part)\""), "\(part)")
    }
  }

  /// A class has one color in all figures and tables, whichever classes a site shows.
  @Test func classesHaveOneColor() throws {
    let folder = try TemporaryFolder()
    let run = try TestRun(folder, "run", classes: ["first", "second", "third"])
    for site in ["x", "y"] { try run.add(site, samples: 120, skills) }
    let page = try RunPage(run.read(), tool: "test 1").html
    for (index, name) in ["first", "second", "third"].enumerated() {
      let dots = page.matches(of: #/<span class="dot (c\d)" aria-hidden="true"><\/span>(\w+)/#)
        .filter { $0.output.2 == name }
      #expect(dots.count > 5 && dots.allSatisfy { $0.output.1 == "c\(index)" })
      let lines = page.matches(of: #/<path class="line (c\d)"[^>]*><\/svg> (\w+)</#)
        .filter { $0.output.2 == name }
      #expect(lines.allSatisfy { $0.output.1 == "c\(index)" })
    }
  }

  /// With several hundred sites the page stays small, and each site can be found.
  @Test(arguments: [100, 400]) func manySitesFitOnAPage(sites: Int) throws {
    let folder = try TemporaryFolder()
    let run = try TestRun(
      folder, "run", classes: (1...7).map { "a diagnosis with number \($0)" })
    for site in 0..<sites {
      try run.add("hospital \(site)", samples: 60, skills, draws: 50)
    }
    let page = try RunPage(run.read(), tool: "test 1").html
    #expect(page.utf8.count < 2_000_000)
    expectWellFormed(page)
    #expect(page.components(separatedBy: "<option value=\"").count == sites + 2)
    #expect(page.components(separatedBy: "class=\"panel\" id=\"panel-").count == sites + 1)
    #expect(page.contains("least accurate sites") && page.contains("most accurate sites"))
  }

  @Test func cardIsMarkdown() throws {
    let folder = try TemporaryFolder()
    let run = try TestRun(folder, "run", classes: ["a|b", "c_d", "e"])
    for site in ["x|y", "z"] { try run.add(site, samples: 100, skills) }
    let read = try run.read()
    let card = ModelCard(
      read, ModelCard.Statements(intendedUse: "Triage of [x] <y>", license: "CC BY 4.0")
    )
    .markdown
    for title in [
      "Model", "Intended use", "Data", "Training", "Results", "Limits", "Files and checksums",
    ] {
      #expect(card.contains("## \(title)\n"))
    }
    #expect(card.contains("Triage of \\[x\\] &lt;y&gt;") && card.contains("CC BY 4.0"))
    #expect(card.contains("a\\|b") && card.contains("x\\|y") && card.contains("c\\_d"))
    #expect(card.contains(read.identity) && card.contains("not a medical device"))
    // All rows of a table have the same number of cells.
    for block in card.split(separator: "\n\n") where block.hasPrefix("|") {
      let bars = block.split(separator: "\n").map { line in
        line.replacing("\\|", with: "").count { $0 == "|" }
      }
      #expect(Set(bars).count == 1)
    }
    // Counts by class are those of the reports.
    let report = try #require(read.results.tests?.sites.first?.report)
    let row = try #require(report.final?.details?.confusion[0])
    #expect(card.contains("| x\\|y | – | – | 100 | \(row.reduce(0, +)) |"))
  }

  /// Curves end where they leave the plot.
  @Test func curvesAreCutAtTheAxis() {
    let plot = Plot(
      title: "", description: "", x: ("x", 0...4), y: ("y", 0...1),
      curves: [])
    let points: [(x: Double, y: Double)] = [(0, 0.5), (1, -0.5), (2, 0.5), (3, 0.5), (4, 2.5)]
    let parts = plot.visible(points)
    #expect(parts.count == 2)
    #expect(parts[0].map(\.x) == [0, 0.5] && parts[0].map(\.y) == [0.5, 0])
    #expect(parts[1].map(\.x) == [1.5, 2, 3, 3.25] && parts[1].map(\.y) == [0, 0.5, 0.5, 1])
    #expect(plot.visible([(0, -1), (1, 2)]).map { $0.map(\.y) } == [[0, 1]])
    #expect(plot.visible([(0, -1), (1, -2)]).isEmpty)
  }
}
