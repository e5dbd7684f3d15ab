import FMBase

/// What is known of a method before a run: its name, its hyper-parameters, and how to make it.
public struct MethodDefinition: Sendable {
  /// As archives and options call it.
  public let name: String
  /// One line, lower case, without a full stop.
  public let summary: String
  /// What it does, in a few sentences for a clinician; empty where the summary says it.
  public let explanation: String
  /// Its own; a wrapper has those of the method that it wraps beside them.
  public let ownParameters: [any HyperParameterDeclaration]
  /// Whether it wraps a gradient method, which the hyper-parameter `base` names.
  public let isWrapper: Bool
  /// How many rounds a run has unless told otherwise.
  public let rounds: Int
  /// Whether a run has no more rounds than one.
  public let isOneRound: Bool
  private let body:
    @Sendable (MethodSetting, HyperParameters) throws(FedMedError) -> any FederatedMethod

  package init(
    name: String, summary: String, parameters: [any HyperParameterDeclaration] = [],
    rounds: Int = 50, isOneRound: Bool = false, explanation: String = "",
    make:
      @escaping @Sendable (MethodSetting, HyperParameters) throws(FedMedError)
      -> any FederatedMethod
  ) {
    (self.name, self.summary, ownParameters) = (name, summary, parameters)
    self.explanation = explanation
    (isWrapper, self.rounds, self.isOneRound, body) = (false, rounds, isOneRound, make)
  }

  /// A method around a gradient method.
  package init(
    wrapper name: String, summary: String, parameters: [any HyperParameterDeclaration] = [],
    make:
      @escaping @Sendable (any GradientMethod, HyperParameters) throws(FedMedError)
      -> any FederatedMethod
  ) {
    (self.name, self.summary, ownParameters) = (name, summary, [Methods.base] + parameters)
    (isWrapper, rounds, isOneRound, explanation) = (true, 50, false, "")
    body = { setting, values throws(FedMedError) in
      let base = try Methods.named(values[Methods.base]).make(setting, values)
      guard let base = base as? any GradientMethod else {
        throw FedMedError(.badData, "is no gradient method", place: "parameters.base")
      }
      return try make(base, values)
    }
  }

  /// All hyper-parameters, in the order of a manifest.
  /// - Parameter base: the method that a wrapper wraps; nil is the default.
  /// - Throws: `badData` where no method can be wrapped by that name.
  public func parameters(base: String? = nil) throws(FedMedError) -> [any HyperParameterDeclaration]
  {
    guard isWrapper else { return ownParameters }
    let name = base ?? Methods.base.defaultValue
    try Methods.base.check(.name(name))
    return try ownParameters + Methods.named(name).ownParameters
  }

  /// The hyper-parameters of a run with this method.
  /// - Parameter given: values by key; the others have their defaults.
  /// - Throws: `badData` for one that the method does not have, or a value out of range.
  public func values(
    given: [String: HyperParameterScalar] = [:]
  ) throws(FedMedError) -> HyperParameters {
    let base = given[Methods.base.key].flatMap { String($0) }
    return try HyperParameters(parameters(base: base), given: given)
  }

  /// The method of a run.
  public func make(
    _ setting: MethodSetting, _ values: HyperParameters
  ) throws(FedMedError) -> any FederatedMethod {
    try body(setting, values)
  }
}

/// All methods. A new one is a folder beside this file and a line here.
public enum Methods {
  /// Methods that train by gradients, and that others can wrap.
  public static let gradient: [MethodDefinition] = [.fedmedclip, .linear]
  public static let all: [MethodDefinition] =
    gradient + [
      .fedprox, .local, .zeroShot, .gaussian, .localLinear,
    ]

  /// The method that a wrapper wraps.
  public static let base = HyperParameter(
    "base", default: MethodDefinition.linear.name, of: gradient.map(\.name),
    "The method that is wrapped.")

  /// - Throws: `badData` where no method has that name.
  public static func named(_ name: String) throws(FedMedError) -> MethodDefinition {
    guard let method = all.first(where: { $0.name == name }) else {
      throw FedMedError(
        .badData, "unknown method '\(printable(name))'",
        hint: "the methods are \(all.map(\.name).joined(separator: ", "))")
    }
    return method
  }
}
