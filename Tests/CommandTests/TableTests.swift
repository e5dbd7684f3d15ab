import Testing

/// The tables that tools print: formats, columns, and the layout on a terminal.
struct TableTests {
  let shell: Shell

  init() throws { shell = try Shell() }

  /// Runs `script` on a terminal of `width` columns, and returns the lines shown.
  private func terminal(_ script: String, width: Int, typing input: String = "") throws -> [String]
  {
    try shell.write("script", "stty cols \(width)\n\(script)\n")
    try shell.write("input", input)
    let text = try shell.succeed("script -qec 'sh script' typescript < input | tr -d '\\r'")
    return text.split(separator: "\n").map(String.init)
  }

  @Test func quotesCellsOfCSV() throws {
    try shell.makeSamples()
    try shell.write("classes.txt", "one, small\nthe \"second\"\nthree\n")
    try shell.succeed(
      """
      fm-extract --import -q --features features.npy --labels labels.npy --text text.npy \
        --classes classes.txt --encoder made-up -o all.tar &&
      fm-partition -q --scheme whole --site north --seed 1 -o sites all.tar &&
      fm-aggregate --init --method zero-shot --like sites/north.tar -o model.tar &&
      fm-eval predict --features sites/north.tar --format csv model.tar > p.csv &&
      fm-eval predict --features sites/north.tar model.tar > p.tsv
      """)
    let header = try shell.succeed("head -n 1 p.csv")
    #expect(header == "sample,class,label,\"p_one, small\",\"p_the \"\"second\"\"\",p_three\n")
    // Both tables give the same scores.
    #expect(try !shell.succeed("fm-eval score p.csv").isEmpty)
    try shell.succeed("fm-eval score p.csv > csv && fm-eval score p.tsv | cmp - csv")
  }

  @Test(arguments: ["tsv", "csv", "json", "jsonl"])
  func choosesColumnsInEveryFormat(format: String) throws {
    let text = try shell.succeed(
      "fm-aggregate list methods --columns rounds,method --format \(format) | head -n 4")
    let expected = [
      "tsv": "rounds\tmethod\n50\tfedmedclip\n", "csv": "rounds,method\n50,fedmedclip\n",
      "json": "{\n  \"methods\": [\n    {\n      \"rounds\": 50,\n",
      "jsonl": "{\"rounds\": 50, \"method\": \"fedmedclip\"}\n",
    ]
    #expect(text.hasPrefix(try #require(expected[format])), "\(text)")
  }

  @Test func refusesUnknownColumns() throws {
    try shell.fail(
      "fm-aggregate list codecs --columns nam", 64, "unknown column 'nam' (known: name)")
    try shell.fail("fm-aggregate list codecs --columns name,name", 64, "'name' is given twice")
    try shell.fail("fm-aggregate list codecs --columns ''", 64, "--columns")
  }

  @Test func alignsColumnsOnATerminal() throws {
    let lines = try terminal("fm-aggregate list methods --columns method,rounds,codec", width: 80)
    #expect(
      lines.prefix(3) == [
        "method        rounds  codec", "fedmedclip        50  float16",
        "linear            50  float16",
      ])
  }

  /// Lines fit any width, and hidden columns are named.
  @Test(arguments: [30, 60, 100, 200])
  func fitsTablesToTheTerminal(width: Int) throws {
    let lines = try terminal("fm-aggregate list parameters", width: width)
    let table = lines.filter { !$0.hasPrefix("fm-aggregate: ") }
    #expect(table.allSatisfy { $0.count <= width })
    let isWhole = table[0].hasSuffix("help")
    #expect(isWhole == !lines.contains { $0.contains("columns that do not fit: ") })
    #expect(isWhole == (width >= 100))
  }

  @Test func keepsTheGivenFormatOnATerminal() throws {
    let lines = try terminal("fm-aggregate list codecs --format tsv", width: 80)
    #expect(lines == ["name", "float16", "float32"])
    #expect(try terminal("fm-aggregate list methods --format tsv", width: 80)[1].contains("\t50\t"))
  }

  @Test func announcesReadingFromATerminal() throws {
    let lines = try terminal("fm-eval score || true", width: 80, typing: "\u{4}")
    #expect(lines.contains { $0.contains("fm-eval: reading standard input from the terminal") })
    let outcome = try shell.run("fm-eval score < /dev/null")
    #expect(outcome.lines.count == 1, "\(outcome.errors)")
  }

  /// More rows than determine the widths: later ones still fit.
  @Test func fitsLongTables() throws {
    try shell.write(
      "p.tsv",
      "label\tp_a\tp_b\n"
        + (0..<3000).map { row in
          let p = Double(row) / 4096
          return "\(row % 2 == 0 ? "a" : "b")\t\(p)\t\(1 - p)\n"
        }.joined())
    let lines = try terminal("fm-eval show roc p.tsv", width: 60)
    #expect(lines.count > 3000)
    #expect(lines.allSatisfy { $0.count <= 60 })
  }

  /// A whole run on a terminal, where archives must not be printed: every tool writes to a file.
  @Test func runsAFederationOnATerminal() throws {
    try shell.makeRun(180)
    for method in ["gaussian --min-samples 1", "fedmedclip --hidden 8 --rounds 1"] {
      let name = method.prefix(4)
      let lines = try terminal(
        "fm-federate --run run-\(name) --seed 3 --method \(method) sites; echo status $?", width: 80
      )
      #expect(lines.last == "status 0", "\(lines)")
      #expect(lines.contains { $0.hasPrefix("site   samples  majority") }, "\(lines)")
      #expect(lines.contains { $0.hasPrefix("site   models  bytes_down") }, "\(lines)")
    }
  }
}
