import FedMed
import Foundation
import Testing

/// A shell that runs the executables in a temporary folder.
final class Shell {
  struct Outcome {
    /// The exit status, or 128 plus the signal.
    let status: Int32
    let output: [UInt8]
    let errors: String

    var text: String { String(decoding: output, as: UTF8.self) }
    /// The lines on standard error.
    var lines: [String] { errors.split(separator: "\n").map(String.init) }
  }

  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "fedmed-command-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The search path: the built tools, the scripts, and the system's programs.
  static let path: String = {
    let tools = Bundle.main.bundleURL.path
    let system = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return "\(tools):\(root.path)/Sources/Scripts:\(system)"
  }()

  /// Creates a process that runs `script`, without starting it.
  func process(_ script: String, environment: [String: String] = [:]) -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", script]
    process.currentDirectoryURL = folder
    var variables = ProcessInfo.processInfo.environment
    variables["PATH"] = Self.path
    variables["LC_ALL"] = "C"
    process.environment = variables.merging(environment) { $1 }
    // A process inherits the signal mask of the test's thread, which blocks signals.
    var signals = sigset_t()
    sigfillset(&signals)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    return process
  }

  /// Runs `script` in the folder.
  @discardableResult
  func run(_ script: String, environment: [String: String] = [:]) throws -> Outcome {
    // Output goes to files, because a pipe could block the process.
    let process = process("{ \(script)\n} > .out 2> .err < /dev/null", environment: environment)
    try process.run()
    process.waitUntilExit()
    let status = process.terminationStatus
    return Outcome(
      status: process.terminationReason == .uncaughtSignal ? 128 + status : status,
      output: try bytes(".out"), errors: String(decoding: try bytes(".err"), as: UTF8.self))
  }

  /// Runs `script`, expects it to succeed, and returns its standard output.
  @discardableResult
  func succeed(
    _ script: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String {
    let outcome = try run(script)
    #expect(
      outcome.status == 0, "\(script)\n\(outcome.errors)\(outcome.text)",
      sourceLocation: sourceLocation)
    return outcome.text
  }

  /// Runs `script`, and expects it to fail with `status` and one line that contains `text`, besides
  /// hints.
  func fail(
    _ script: String, _ status: Int32, _ text: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let outcome = try run(script)
    let lines = outcome.lines.filter { !$0.contains(": hint: ") }
    #expect(
      outcome.status == status, "\(script)\n\(outcome.errors)", sourceLocation: sourceLocation)
    #expect(lines.count == 1, "\(outcome.errors)", sourceLocation: sourceLocation)
    #expect(
      lines.first?.contains(text) == true, "\(outcome.errors)", sourceLocation: sourceLocation)
    #expect(outcome.output.isEmpty, sourceLocation: sourceLocation)
  }

  func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
  }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    try Data(bytes).write(to: folder.appendingPathComponent(name))
  }

  func write(_ name: String, _ text: String) throws {
    try write(name, Array(text.utf8))
  }

  /// The names of all files and folders in the folder, except those of this type.
  func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0 != ".out" && $0 != ".err" }.sorted()
  }

  /// Writes a `.npy` file.
  func writeArray(_ name: String, _ descriptor: String, _ shape: [Int], _ data: [UInt8]) throws {
    try write(name, ArrayHeader(descriptor: descriptor, shape: shape).bytes + data)
  }

  /// Writes random features of `count` samples, three classes and 8 dimensions, as files to import:
  /// features.npy, labels.npy, text.npy, classes.txt and samples.tsv with the columns sample,
  /// label, clinic and patient.
  func makeSamples(_ count: Int = 90) throws {
    var random = RandomStream(seed: 4, purpose: .partition)
    let labels = (0..<count).map { $0 % 3 }
    var values: [Float] = []
    for label in labels {
      for j in 0..<8 { values.append(Float(random.normal() * 0.5 + (j == label ? 2 : 0))) }
    }
    func data<T>(_ values: [T]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }
    try writeArray("features.npy", "<f2", [count, 8], data(values.map { Float16($0) }))
    try writeArray("labels.npy", "<i8", [count], data(labels.map { Int64($0) }))
    let anchors = (0..<24).map { Float($0 % 8 == $0 / 8 ? 1 : 0.1) }
    try writeArray("text.npy", "<f4", [3, 8], data(anchors))
    try write("classes.txt", "one\ntwo\nthree\n")
    let names = ["one", "two", "three"]
    let rows = labels.enumerated().map { index, label in
      "s\(index)\t\(names[label])\t\(["north", "east", "south"][index / 6 % 3])\tp\(index / 2)\n"
    }
    try write("samples.tsv", "sample\tlabel\tclinic\tpatient\n" + rows.joined())
  }

  /// The array in a member of an archive, as single precision.
  func array(_ archive: String, _ member: String) throws -> [Float] {
    let bytes = try run("tar xOf \(archive) \(member).npy").output
    let length = try ArrayHeader.length(prefix: bytes)
    let data = Array(bytes[length...])
    let isHalf = try ArrayHeader(bytes: Array(bytes[..<length])).descriptor == "<f2"
    return data.withUnsafeBytes { data in
      stride(from: 0, to: data.count, by: isHalf ? 2 : 4).map {
        isHalf
          ? Float(data.loadUnaligned(fromByteOffset: $0, as: Float16.self))
          : data.loadUnaligned(fromByteOffset: $0, as: Float.self)
      }
    }
  }

  static let importCommand =
    "fm-extract --import -q --features features.npy --labels labels.npy --text text.npy "
    + "--classes classes.txt --table samples.tsv --encoder made-up"

  /// Creates all.tar, sites/{north,east,south}.tar and model.tar.
  func makeRun(_ count: Int = 90) throws {
    try makeSamples(count)
    try succeed(
      """
      \(Self.importCommand) -o all.tar &&
      fm-partition -q --scheme column --column clinic --seed 1 -o sites all.tar &&
      fm-aggregate --init --like all.tar --hidden 8 --batch-size 8 --seed 1 -o model.tar
      """)
  }
}
