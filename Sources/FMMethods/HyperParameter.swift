import FMBase

/// A hyper-parameter of a method, declared once: manifests, options, help, completions and checks
/// are derived from the declaration.
public struct HyperParameter<Value: HyperParameterValue>: HyperParameterDeclaration {
  /// The name in manifests, in camel case.
  public let key: String
  /// A description in one line, without the default.
  public let help: String
  /// The allowed values.
  public let domain: HyperParameterDomain
  /// The default value.
  public let defaultValue: Value
  /// Whether only the server uses it.
  public let isServers: Bool

  /// The default value without its type.
  public var defaultScalar: HyperParameterScalar { defaultValue.scalar }
}

extension HyperParameter<Int> {
  /// Declares an integer.
  /// - Parameters:
  ///   - key: the name in manifests, in camel case; the option's name is derived from it.
  ///   - help: one line, without the default.
  ///   - isServers: whether only the server uses it, when it makes a model.
  public init(
    _ key: String, default value: Int, in range: ClosedRange<Int>, isServers: Bool = false,
    _ help: String
  ) {
    (self.key, defaultValue, domain, self.help) = (key, value, .integers(range), help)
    self.isServers = isServers
  }
}

extension HyperParameter<Double> {
  /// Declares a real number; parameters as for an integer.
  public init(
    _ key: String, default value: Double, in interval: HyperParameterDomain.Interval,
    isServers: Bool = false, _ help: String
  ) {
    (self.key, defaultValue, domain, self.help) = (key, value, .numbers(interval), help)
    self.isServers = isServers
  }
}

extension HyperParameter<String> {
  /// Declares a choice between names; parameters as for an integer.
  public init(
    _ key: String, default value: String, of names: [String], isServers: Bool = false,
    _ help: String
  ) {
    (self.key, defaultValue, domain, self.help) = (key, value, .names(names), help)
    self.isServers = isServers
  }
}

/// A hyper-parameter without its type, for lists.
public protocol HyperParameterDeclaration: Sendable {
  /// The name in manifests, in camel case.
  var key: String { get }
  /// A description in one line, without the default.
  var help: String { get }
  /// The allowed values.
  var domain: HyperParameterDomain { get }
  /// Whether only the server uses it, when it makes a model: changing it gives another model from
  /// the same updates.
  var isServers: Bool { get }
  /// The default value.
  var defaultScalar: HyperParameterScalar { get }
}

extension HyperParameterDeclaration {
  /// The name as an option: `learning-rate-fam` for `learningRateFAM`.
  public var option: String {
    var (result, isInWord) = ("", false)
    for character in key {
      if character.isUppercase && isInWord { result += "-" }
      isInWord = !character.isUppercase
      result += character.lowercased()
    }
    return result
  }

  /// Checks a value.
  /// - Throws: `badData` if `scalar` is outside the domain.
  package func check(_ scalar: HyperParameterScalar) throws(FedMedError) {
    guard domain.contains(scalar) else {
      throw FedMedError(.badData, "must be \(domain.text)", place: "parameters.\(key)")
    }
  }
}

/// The allowed values of a hyper-parameter.
public enum HyperParameterDomain: Equatable, Sendable {
  /// Integers in a range.
  case integers(ClosedRange<Int>)
  /// Real numbers in an interval.
  case numbers(Interval)
  /// One of several names.
  case names([String])

  /// An interval of real numbers.
  public enum Interval: Equatable, Sendable {
    /// lower ≤ x ≤ upper
    case closed(Double, Double)
    /// lower ≤ x < upper
    case openAbove(Double, Double)
    /// lower < x ≤ upper
    case openBelow(Double, Double)
    /// x = 0, or lower ≤ x ≤ upper
    case zeroOr(Double, Double)
  }

  /// Whether `scalar` has the right kind and an allowed value.
  public func contains(_ scalar: HyperParameterScalar) -> Bool {
    switch (self, scalar) {
    case (.integers(let range), .integer(let value)): range.contains(value)
    case (.numbers(.closed(let lower, let upper)), .number(let x)): lower <= x && x <= upper
    case (.numbers(.openAbove(let lower, let upper)), .number(let x)): lower <= x && x < upper
    case (.numbers(.openBelow(let lower, let upper)), .number(let x)): lower < x && x <= upper
    case (.numbers(.zeroOr(let lower, let upper)), .number(let x)):
      x == 0 || lower <= x && x <= upper
    case (.names(let names), .name(let name)): names.contains(name)
    default: false
    }
  }

  /// The allowed values in words, as in "must be …".
  public var text: String {
    func short(_ value: Double) -> String {
      value == value.rounded() ? "\(Int(value))" : "\(value)"
    }
    return switch self {
    case .integers(let range): "from \(range.lowerBound) to \(range.upperBound)"
    case .numbers(.closed(let lower, let upper)): "from \(short(lower)) to \(short(upper))"
    case .numbers(.openAbove(let lower, let upper)):
      "at least \(short(lower)) and below \(short(upper))"
    case .numbers(.openBelow(let lower, let upper)):
      "above \(short(lower)) and at most \(short(upper))"
    case .numbers(.zeroOr(let lower, let upper)): "0, or from \(short(lower)) to \(short(upper))"
    case .names(let names): names.joined(separator: ", ").replacingLast(", ", with: " or ")
    }
  }

  /// Parses the text of a value; `nil` if it is not of this kind.
  public func scalar(_ text: String) -> HyperParameterScalar? {
    switch self {
    case .integers: Int(text).map { .integer($0) }
    case .numbers: Double(text).map { .number($0) }
    case .names: .name(text)
    }
  }
}

extension String {
  fileprivate func replacingLast(_ part: String, with other: String) -> String {
    var pieces = split(separator: part, omittingEmptySubsequences: false).map(String.init)
    guard pieces.count > 1, let last = pieces.popLast() else { return self }
    return pieces.joined(separator: part) + other + last
  }
}

/// A hyper-parameter's value without its type.
public enum HyperParameterScalar: Equatable, Sendable {
  /// An integer.
  case integer(Int)
  /// A real number.
  case number(Double)
  /// A name.
  case name(String)

  /// The text on a command line.
  public var text: String {
    switch self {
    case .integer(let value): "\(value)"
    case .number(let value): value == value.rounded() && value < 1e6 ? "\(Int(value))" : "\(value)"
    case .name(let value): value
    }
  }
}

/// A type of hyper-parameter values.
public protocol HyperParameterValue: Sendable {
  /// Unwraps a value; `nil` if it is of another kind.
  init?(_ scalar: HyperParameterScalar)
  /// The value without its type.
  var scalar: HyperParameterScalar { get }
}

extension Int: HyperParameterValue {
  /// Unwraps an integer; `nil` if the value is of another kind.
  public init?(_ scalar: HyperParameterScalar) {
    guard case .integer(let value) = scalar else { return nil }
    self = value
  }
  /// The value without its type.
  public var scalar: HyperParameterScalar { .integer(self) }
}

extension Double: HyperParameterValue {
  /// Unwraps a real number; `nil` if the value is of another kind.
  public init?(_ scalar: HyperParameterScalar) {
    guard case .number(let value) = scalar else { return nil }
    self = value
  }
  /// The value without its type.
  public var scalar: HyperParameterScalar { .number(self) }
}

extension String: HyperParameterValue {
  /// Unwraps a name; `nil` if the value is of another kind.
  public init?(_ scalar: HyperParameterScalar) {
    guard case .name(let value) = scalar else { return nil }
    self = value
  }
  /// The value without its type.
  public var scalar: HyperParameterScalar { .name(self) }
}
