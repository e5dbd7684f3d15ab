import ArgumentParser
import FedMed
import Glibc

/// The version of all tools.
public let toolVersion = "0.1.0"

/// The options, common to all tools, for the messages that they print.
public struct VerbosityOptions: ParsableArguments {
  /// Whether only errors are printed.
  @Flag(name: .shortAndLong, help: "Print only errors.")
  public var quiet = false

  /// Whether details are printed too.
  @Flag(name: .shortAndLong, help: "Print more details.")
  public var verbose = false

  /// When the progress bar is shown.
  @Option(help: "Show a progress bar on standard error: auto, always or never.")
  public var progress: Progress.Mode = .auto

  /// Creates the default options.
  public init() {}

  /// Checks that the options can be combined.
  /// - Throws: a validation error if both `quiet` and `verbose` are set.
  public mutating func validate() throws {
    if quiet && verbose { throw ValidationError("--quiet cannot be combined with --verbose") }
  }
}

/// The option for the number of threads, of tools that compute.
public struct ThreadOptions: ParsableArguments {
  /// The number of threads; `nil` for the number of processors.
  @Option(
    name: [.customShort("j", allowingJoined: true), .customLong("threads")],
    help: "Use this number of threads (the number of processors).")
  public var threads: Int?

  /// Creates the default options.
  public init() {}

  /// Checks the number of threads.
  /// - Throws: a validation error if it is out of range.
  public mutating func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads must be between 1 and 1024")
    }
  }

  /// Starts the threads; call it once, before any computation.
  /// - Parameter most: the largest number of threads that the computation can use.
  /// - Throws: `ioError` if there is no address space for the threads' matrix products.
  public func start(most: Int) throws(FedMedError) {
    try Parallel.start(threads: min(threads ?? sysconf(Int32(_SC_NPROCESSORS_ONLN)), most))
  }
}

/// A command that reports an error in one line and with its exit code.
public protocol Tool: ParsableCommand {
  /// The tool's name, without that of a verb.
  static var name: String { get }
  /// The options for messages.
  var verbosity: VerbosityOptions { get }
  /// Does the tool's work.
  /// - Throws: the error that the tool reports, and whose code it exits with.
  mutating func execute() throws(FedMedError)
}

extension Tool {
  /// The first word of the command's name.
  public static var name: String { toolName }

  /// The tool's name and version, as recorded in manifests.
  public static var signature: String { "\(name) \(toolVersion)" }

  /// The tool's messages.
  public var messages: Messages { Messages(tool: Self.name) }

  /// Prints a line, unless `--quiet` is given.
  public func inform(_ text: @autoclosure () -> String) {
    if !verbosity.quiet { messages.print(text()) }
  }

  /// Prints a line if `--verbose` is given.
  public func detail(_ text: @autoclosure () -> String) {
    if verbosity.verbose { messages.print(text()) }
  }

  /// Creates a progress bar that follows the options.
  /// - Parameters:
  ///   - label: the text before the bar.
  ///   - total: the number of items; `nil` if it is unknown before the end.
  public func progress(_ label: String, total: Int?, resumed: Int = 0) -> Progress {
    Progress(
      label, total: total, resumed: resumed, mode: verbosity.quiet ? .never : verbosity.progress)
  }

  /// Runs the tool, and ends the process if it fails.
  /// - Throws: nothing; a requirement of the argument parser.
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
  /// The first word of the command's name.
  fileprivate static var toolName: String {
    configuration.commandName?.split(separator: " ").first.map(String.init) ?? ""
  }

  /// Runs the tool with the process's arguments, and ends the process. If the first argument is one
  /// of the tool's verbs, the verb runs; the argument parser itself would treat it as an operand.
  public static func start() -> Never {
    let arguments = Array(CommandLine.arguments.dropFirst())
    for verb in configuration.subcommands
    where arguments.first == verb.configuration.commandName {
      verb.start(Array(arguments.dropFirst()), name: "\(toolName) \(arguments[0])")
    }
    start(arguments, name: toolName)
  }

  /// - Parameter name: the names of the tool and, if any, of its verb.
  private static func start(_ arguments: [String], name: String) -> Never {
    let tool = name.split(separator: " ").first.map(String.init) ?? name
    // A closed pipe ends the tool silently, even if the caller ignores SIGPIPE.
    signal(SIGPIPE, SIG_DFL)
    // Names in archives are always UTF-8, but libarchive uses the locale of the C library.
    setlocale(LC_CTYPE, "C.UTF-8")
    // Exceeding a limit on the size of files is reported as an error, like a full disk.
    signal(SIGXFSZ, SIG_IGN)
    StandardInput.setTerminalNotice {
      Messages(tool: tool).print("reading standard input from the terminal; Ctrl-D ends it")
    }
    Memory.keep()
    // The next file that is opened would take the descriptor of a standard stream that the caller
    // has closed. It is replaced by /dev/null, opened so that using it fails.
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
        // The text is help, the version, or a completion script, and goes to standard output.
        do throws(FedMedError) {
          try Output.writeAll(
            text.hasSuffix("\n") ? text : text + "\n", to: STDOUT_FILENO, file: "standard output")
        } catch {
          Messages(tool: tool).report(error)
          Glibc.exit(error.code.rawValue)
        }
        Glibc.exit(0)
      }
      let usage = UsageMessage(unknownOption(in: arguments, failing: text) ?? text)
      Messages(tool: tool).report(
        FedMedError(.usage, usage.text, hint: usage.hint ?? "see \(name) --help"))
      Glibc.exit(FedMedError.Code.usage.rawValue)
    }
  }

  /// A misspelled required option is reported as missing, although the unknown one explains it. The
  /// message for the unknown option appears once the missing ones are there.
  /// - Parameter text: the parser's message for `arguments`.
  private static func unknownOption(in arguments: [String], failing text: String) -> String? {
    var (arguments, text) = (arguments, text)
    for _ in 0..<8 {
      guard let option = UsageMessage.missingOption(text) else { break }
      arguments += [option, "1"]
      do {
        _ = try parseAsRoot(arguments)
        return nil
      } catch { text = message(for: error) }
    }
    return text.hasPrefix("Unknown option") ? text : nil
  }
}

/// Returns the version text of a tool: `fm-eval 0.1.0`.
public func version(of tool: String) -> String { "\(tool) \(toolVersion)" }
