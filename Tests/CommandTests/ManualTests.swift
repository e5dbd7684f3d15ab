import Foundation
import Testing

/// The manual has the options of the tools, and examples that run.
struct ManualTests {
  static let tools = [
    "fm-partition", "fm-extract", "fm-train-local", "fm-aggregate", "fm-compress", "fm-eval",
  ]
  /// The verbs of a tool that also works without one.
  static let verbs = ["fm-aggregate": ["calibrate", "receive", "next", "status", "list"]]
  static let scripts = ["fm-federate", "fm-site", "fm-poll", "fm-slurm"]
  static let pages = (tools + scripts).map { "\($0).1" } + ["fm-archive.5"]

  func page(_ name: String) throws -> String {
    try String(contentsOf: Shell.root.appendingPathComponent("Man/\(name)"), encoding: .utf8)
  }

  /// The options in the lists of a page.
  func documented(_ page: String) -> Set<String> {
    var options: Set<String> = []
    for line in page.split(separator: "\n") where line.hasPrefix(".It Fl") {
      for word in line.split(separator: " ") where word.hasPrefix("-") {
        options.insert(String(word.drop { $0 == "-" }))
      }
    }
    return options
  }

  private struct Dump: Decodable {
    struct Command: Decodable {
      let arguments: [Argument]?
      let subcommands: [Command]?

      /// The arguments of the command and of its verbs.
      var all: [Argument] { (arguments ?? []) + (subcommands ?? []).flatMap(\.all) }
    }
    struct Argument: Decodable {
      let names: [Name]?
      let shouldDisplay: Bool
    }
    struct Name: Decodable {
      let kind: String
      let name: String
    }
    let command: Command
  }

  @Test(arguments: tools)
  func documentsTheOptionsOfTheTool(tool: String) throws {
    let shell = try Shell()
    var options: Set<String> = []
    for command in [tool] + (Self.verbs[tool] ?? []).map({ "\(tool) \($0)" }) {
      let json = try shell.succeed("\(command) --experimental-dump-help")
      let dump = try JSONDecoder().decode(Dump.self, from: Data(json.utf8))
      let names = dump.command.all.filter(\.shouldDisplay).flatMap { $0.names ?? [] }
      options.formUnion(names.filter { $0.kind == "long" }.map(\.name))
    }
    #expect(options.count > 5)
    #expect(documented(try page("\(tool).1")) == options)
  }

  @Test(arguments: scripts)
  func documentsTheOptionsOfTheScript(script: String) throws {
    let help = try Shell().succeed("\(script) --help")
    let matches = help.matches(of: #/(?:^|[ ,])--([a-z][a-z0-9-]+)/#)
    var options = Set(matches.map { String($0.1) })
    options.remove("init")
    options.remove("sshlogin")
    #expect(options.contains("help"))
    #expect(documented(try page("\(script).1")) == options)
  }

  /// Runs every example that begins with `$`, in the order of the page, in a folder with a small
  /// run.
  @Test(arguments: pages)
  func examplesRun(page name: String) throws {
    let shell = try Shell()
    try shell.makeRun(180)
    let examples = try page(name).split(separator: "\n").filter { $0.hasPrefix("$ ") }
    // Tests/Rounds/slurm tests Slurm.
    #expect(!examples.isEmpty || name == "fm-slurm.1")
    for example in examples { try shell.succeed(String(example.dropFirst(2))) }
  }

  /// Compares with the output of `make-completions`.
  @Test func completionsAreUpToDate() throws {
    let shell = try Shell()
    let root = Shell.root.path
    try shell.succeed(
      "'\(root)/Sources/Development/make-completions' new && diff -r new '\(root)/Completions'")
  }

  /// Compares with the output of `make-manuals`.
  @Test func manualsAreUpToDate() throws {
    let shell = try Shell()
    let root = Shell.root.path
    try shell.succeed(
      """
      cp -r '\(root)/Man' new
      '\(root)/Sources/Development/make-manuals' new && diff -r new '\(root)/Man'
      """)
  }

  /// Simulates the tab key in bash.
  @Test(arguments: [
    ("fm-federate --rule m", "mean median multi-krum"), ("fm-federate --laun", "--launcher"),
    ("fm-site --codec float1", "float16"), ("fm-partition --scheme d", "dirichlet"),
    ("fm-aggregate --rule b", "bulyan"), ("fm-compress --codec f", "float16 float32"),
    ("fm-eval table --metric macro_f", "macro_f1"), ("fm-aggregate rec", "receive"),
    ("fm-federate --contr", "--contrast"), ("fm-federate --contrast c", "classes"),
    ("fm-aggregate --method lo", "local local-linear"),
    ("fm-eval score --features fea", "features.npy"), ("fm-eval sh", "show"),
  ])
  func completesOptionsAndValues(typed: String, words: String) throws {
    let shell = try Shell()
    try shell.makeSamples()
    try shell.write(
      "complete.bash",
      """
      shopt -s extglob
      COMP_WORDS=(\(typed)); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMP_LINE='\(typed)'; COMP_POINT=${#COMP_LINE}
      source '\(Shell.root.path)/Completions/bash/'${COMP_WORDS[0]}
      function=$(complete -p "${COMP_WORDS[0]}" | awk '{ for (i = 1; i < NF; i++) if ($i == "-F") print $(i + 1) }')
      "$function" "${COMP_WORDS[0]}" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" 2> /dev/null
      printf '%s\\n' "${COMPREPLY[@]}" | sort | paste -s -d ' '
      """)
    #expect(try shell.succeed("bash complete.bash") == "\(words)\n")
  }
}
