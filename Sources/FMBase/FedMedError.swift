import Glibc

/// The one error of the library and the tools: what went wrong, in which file, at which place in
/// it, and what a caller should make of it.
///
/// Its description is one line in the form `file: place: reason`, lower case, without a full stop.
public struct FedMedError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What kind of failure it is; the raw values are the exit codes of `sysexits.h`.
  public enum Code: Int32, Sendable {
    /// It ran, and the answer is no.
    case unsatisfied = 1
    /// The command was called wrongly.
    case usage = 64
    /// Input data is wrong.
    case badData = 65
    /// An input file does not exist or cannot be read.
    case noInput = 66
    /// A bug of ours.
    case internalError = 70
    /// An output file cannot be created.
    case cannotCreate = 73
    /// Reading or writing failed underway, a full disk included.
    case ioError = 74
    /// It cannot be done now; later it may be.
    case tryAgain = 75
    /// It is not allowed.
    case refused = 77
  }

  public var code: Code
  public var file: String?
  public var place: String?
  public var reason: String
  public var hint: String?

  public init(
    _ code: Code, _ reason: String, file: String? = nil, place: String? = nil, hint: String? = nil
  ) {
    self.code = code
    self.reason = reason
    self.file = file
    self.place = place
    self.hint = hint
  }

  /// A failed system call: `verb` is what was tried ("open", "write"), `number` its errno.
  public init(
    _ code: Code, errno number: Int32, _ verb: String, file: String?, hint: String? = nil
  ) {
    self.init(
      code, "cannot \(verb): \(String(cString: strerror(number)).lowercased())", file: file,
      hint: hint)
  }

  public var description: String {
    [file, place, reason].compactMap { $0 }.joined(separator: ": ")
  }

  /// The same error at a place inside of another one.
  package func within(_ outer: String) -> FedMedError {
    var placed = self
    placed.place = [outer, place].compactMap { $0 }.joined(separator: ": ")
    return placed
  }

  /// The same error with the file named, where the place that threw it could not know the name.
  public func naming(file: String) -> FedMedError {
    var named = self
    named.file = named.file ?? file
    return named
  }
}
