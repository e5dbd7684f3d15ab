import ArgumentParser
import FedMed
import Glibc

/// The version of all tools.
public let toolVersion = "0.1.0"

/// How much a tool says; every tool takes these options.
public struct TalkOptions: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Say nothing but errors.")
  public var quiet = false

  @Flag(name: .shortAndLong, help: "Say more.")
  public var verbose = false

  @Option(help: "Show a progress bar on standard error: auto, always or never.")
  public var progress: Progress.Mode = .auto

  public init() {}

  public mutating func validate() throws {
    if quiet && verbose { throw ValidationError("--quiet and --verbose exclude each other") }
  }
}

/// How many threads work; tools that compute take it.
public struct ThreadOptions: ParsableArguments {
  @Option(
    name: [.customShort("j", allowingJoined: true), .customLong("threads")],
    help: "How many threads work (the number of processors).")
  public var threads: Int?

  public init() {}

  public mutating func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads must be from 1 to 1024")
    }
  }

  /// To be called once, before any work.
  /// - Parameter most: more would find nothing to do.
  public func start(most: Int) throws(FedMedError) {
    try Parallel.start(threads: min(threads ?? sysconf(Int32(_SC_NPROCESSORS_ONLN)), most))
  }
}

/// A tool: a command that reports its failures in one line and by its exit code.
public protocol Tool: ParsableCommand {
  /// The tool's name, without that of a verb.
  static var name: String { get }
  var talk: TalkOptions { get }
  mutating func execute() throws(FedMedError)
}

extension Tool {
  public static var name: String { toolName }

  /// The tool's name and version, as manifests record them.
  public static var signature: String { "\(name) \(toolVersion)" }

  public var messages: Messages { Messages(tool: Self.name) }

  /// Says a line, unless told to be quiet.
  public func say(_ text: @autoclosure () -> String) {
    if !talk.quiet { messages.say(text()) }
  }

  /// Says a line, if told to be verbose.
  public func sayMore(_ text: @autoclosure () -> String) {
    if talk.verbose { messages.say(text()) }
  }

  public func progress(_ label: String, total: Int?) -> Progress {
    Progress(label, total: total, mode: talk.quiet ? .never : talk.progress)
  }

  public mutating func run() throws {
    do throws(FedMedError) {
      try execute()
    } catch {
      messages.report(error)
      Glibc.exit(error.code.rawValue)
    }
  }
}

extension ParsableCommand {
  /// The first word of its name.
  fileprivate static var toolName: String {
    configuration.commandName?.split(separator: " ").first.map(String.init) ?? ""
  }

  /// Runs the tool with the process's arguments, and ends the process. Where the first argument is one of its
  /// verbs, that takes over: the argument parser itself would take it for an operand of the tool.
  public static func start() -> Never {
    let arguments = Array(CommandLine.arguments.dropFirst())
    for verb in configuration.subcommands
    where arguments.first == verb.configuration.commandName {
      verb.start(Array(arguments.dropFirst()), name: "\(toolName) \(arguments[0])")
    }
    start(arguments, name: toolName)
  }

  /// - Parameter name: of the tool, with that of its verb.
  private static func start(_ arguments: [String], name: String) -> Never {
    let tool = name.split(separator: " ").first.map(String.init) ?? name
    // A closed pipe ends a tool silently, even where the caller ignores SIGPIPE; a limit on the size
    // of files is an error like a full disk, and not the end.
    signal(SIGPIPE, SIG_DFL)
    // Names in archives are UTF-8 everywhere; libarchive asks the C library.
    setlocale(LC_CTYPE, "C.UTF-8")
    signal(SIGXFSZ, SIG_IGN)
    StandardInput.setTerminalNotice {
      Messages(tool: tool).say("reading standard input from the terminal; Ctrl-D ends it")
    }
    Memory.keep()
    // A standard stream that the caller closed would be the next file that is opened. Opened the
    // wrong way round, it fails when it is used.
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
    do {
      var command = try parseAsRoot(arguments)
      try command.run()
      Glibc.exit(0)
    } catch {
      let text = message(for: error)
      guard exitCode(for: error) != .success else {
        // Help, the version, or a completion script: this is the tool's output.
        do throws(FedMedError) {
          try Output.writeAll(
            text.hasSuffix("\n") ? text : text + "\n", to: STDOUT_FILENO, file: "standard output")
        } catch {
          Messages(tool: tool).report(error)
          Glibc.exit(error.code.rawValue)
        }
        Glibc.exit(0)
      }
      Messages(tool: tool).report(
        FedMedError(
          .usage, text.prefix(1).lowercased() + text.dropFirst(),
          hint: "\(name) --help says how it is called"))
      Glibc.exit(FedMedError.Code.usage.rawValue)
    }
  }
}

/// The version text of a tool: `fm-eval 0.1.0`.
public func version(of tool: String) -> String { "\(tool) \(toolVersion)" }
