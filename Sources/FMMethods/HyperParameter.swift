import FMBase

/// A hyper-parameter of a method, declared once: manifests, options, help, completions and checks follow
/// from the declaration.
public struct HyperParameter<Value: HyperParameterValue>: HyperParameterDeclaration {
  public let key: String
  public let help: String
  public let domain: HyperParameterDomain
  /// The value where none is given.
  public let defaultValue: Value
  public let isServers: Bool

  public var defaultScalar: HyperParameterScalar { defaultValue.scalar }
}

extension HyperParameter<Int> {
  /// - Parameters:
  ///   - key: its name in manifests, in camel case; the option's name follows from it.
  ///   - help: one line, without the default.
  ///   - isServers: whether the server alone obeys it, when it makes a model.
  public init(
    _ key: String, default value: Int, in range: ClosedRange<Int>, isServers: Bool = false,
    _ help: String
  ) {
    (self.key, defaultValue, domain, self.help) = (key, value, .integers(range), help)
    self.isServers = isServers
  }
}

extension HyperParameter<Double> {
  public init(
    _ key: String, default value: Double, in interval: HyperParameterDomain.Interval,
    isServers: Bool = false, _ help: String
  ) {
    (self.key, defaultValue, domain, self.help) = (key, value, .numbers(interval), help)
    self.isServers = isServers
  }
}

extension HyperParameter<String> {
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
  var key: String { get }
  var help: String { get }
  var domain: HyperParameterDomain { get }
  /// Whether the server alone obeys it, when it makes a model: it can make another one of the same updates.
  var isServers: Bool { get }
  var defaultScalar: HyperParameterScalar { get }
}

extension HyperParameterDeclaration {
  /// The key as an option is spelled: `learningRateFAM` is `learning-rate-fam`.
  public var option: String {
    var (result, isInWord) = ("", false)
    for character in key {
      if character.isUppercase && isInWord { result += "-" }
      isInWord = !character.isUppercase
      result += character.lowercased()
    }
    return result
  }

  /// - Throws: `badData` where the domain does not hold `scalar`.
  package func check(_ scalar: HyperParameterScalar) throws(FedMedError) {
    guard domain.contains(scalar) else {
      throw FedMedError(.badData, "must be \(domain.text)", place: "parameters.\(key)")
    }
  }
}

/// What a hyper-parameter can be.
public enum HyperParameterDomain: Equatable, Sendable {
  case integers(ClosedRange<Int>)
  case numbers(Interval)
  case names([String])

  /// An interval of numbers, open at an end or not.
  public enum Interval: Equatable, Sendable {
    /// lower ≤ x ≤ upper
    case closed(Double, Double)
    /// lower ≤ x < upper
    case openAbove(Double, Double)
    /// lower < x ≤ upper
    case openBelow(Double, Double)
  }

  public func contains(_ scalar: HyperParameterScalar) -> Bool {
    switch (self, scalar) {
    case (.integers(let range), .integer(let value)): range.contains(value)
    case (.numbers(.closed(let lower, let upper)), .number(let x)): lower <= x && x <= upper
    case (.numbers(.openAbove(let lower, let upper)), .number(let x)): lower <= x && x < upper
    case (.numbers(.openBelow(let lower, let upper)), .number(let x)): lower < x && x <= upper
    case (.names(let names), .name(let name)): names.contains(name)
    default: false
    }
  }

  /// As in "must be …".
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
    case .names(let names): names.joined(separator: ", ").replacingLast(", ", with: " or ")
    }
  }

  /// The value that `text` stands for; nil where it cannot be one of this kind.
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
  case integer(Int)
  case number(Double)
  case name(String)

  /// As it is written on a command line.
  public var text: String {
    switch self {
    case .integer(let value): "\(value)"
    case .number(let value): value == value.rounded() && value < 1e6 ? "\(Int(value))" : "\(value)"
    case .name(let value): value
    }
  }
}

/// What a hyper-parameter's value can be in code.
public protocol HyperParameterValue: Sendable {
  init?(_ scalar: HyperParameterScalar)
  var scalar: HyperParameterScalar { get }
}

extension Int: HyperParameterValue {
  public init?(_ scalar: HyperParameterScalar) {
    guard case .integer(let value) = scalar else { return nil }
    self = value
  }
  public var scalar: HyperParameterScalar { .integer(self) }
}

extension Double: HyperParameterValue {
  public init?(_ scalar: HyperParameterScalar) {
    guard case .number(let value) = scalar else { return nil }
    self = value
  }
  public var scalar: HyperParameterScalar { .number(self) }
}

extension String: HyperParameterValue {
  public init?(_ scalar: HyperParameterScalar) {
    guard case .name(let value) = scalar else { return nil }
    self = value
  }
  public var scalar: HyperParameterScalar { .name(self) }
}
