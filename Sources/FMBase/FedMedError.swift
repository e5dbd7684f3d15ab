import Glibc

/// An error of the library or the tools: the reason, the file, the place in it, and a code that
/// tells callers how to react.
///
/// The description is one line, `file: place: reason`, in lower case and without a full stop.
public struct FedMedError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The kind of failure; raw values are the exit codes of `sysexits.h`.
  public enum Code: Int32, Sendable {
    /// The command ran, and the answer is no.
    case unsatisfied = 1
    /// The command line is invalid.
    case usage = 64
    /// Input data is invalid.
    case badData = 65
    /// An input file does not exist or cannot be read.
    case noInput = 66
    /// A bug in this project.
    case internalError = 70
    /// An output file cannot be created.
    case cannotCreate = 73
    /// A read or write failed midway, for example because the disk is full.
    case ioError = 74
    /// Temporary failure; the same call may succeed later.
    case tryAgain = 75
    /// The operation is not permitted, for example by a policy or a signature.
    case refused = 77
  }

  /// The kind of failure, which is also the exit code.
  public var code: Code
  /// The file concerned; `nil` if the error has none or the thrower does not know its name.
  public var file: String?
  /// The place in the file, such as a line or an archive member; `nil` if there is none.
  public var place: String?
  /// What is wrong, in one line.
  public var reason: String
  /// What the user can do about it; `nil` if there is nothing to suggest.
  public var hint: String?

  /// Creates an error from its parts.
  public init(
    _ code: Code, _ reason: String, file: String? = nil, place: String? = nil, hint: String? = nil
  ) {
    self.code = code
    self.reason = reason
    self.file = file
    self.place = place
    self.hint = hint
  }

  /// An error from a failed system call.
  /// - Parameters:
  ///   - number: its `errno`.
  ///   - verb: the attempted operation, such as "open" or "write".
  public init(
    _ code: Code, errno number: Int32, _ verb: String, file: String?, hint: String? = nil
  ) {
    self.init(
      code, "cannot \(verb): \(String(cString: strerror(number)).lowercased())", file: file,
      hint: hint)
  }

  /// `file: place: reason`, without the parts that are `nil`.
  public var description: String {
    [file, place, reason].compactMap { $0 }.joined(separator: ": ")
  }

  /// Returns this error with its place nested inside `outer`.
  package func within(_ outer: String) -> FedMedError {
    var placed = self
    placed.place = [outer, place].compactMap { $0 }.joined(separator: ": ")
    return placed
  }

  /// Returns this error with the file set, for throwers that do not know the file's name.
  public func naming(file: String) -> FedMedError {
    var named = self
    named.file = named.file ?? file
    return named
  }
}
