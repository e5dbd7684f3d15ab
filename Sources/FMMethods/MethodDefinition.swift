import FMBase

/// The description of a method: its name, its hyper-parameters, and how to create it.
public struct MethodDefinition: Sendable {
  /// The name in archives and options.
  public let name: String
  /// A description in one line, in lower case, without a full stop.
  public let summary: String
  /// An explanation for clinicians, in a few sentences; empty if the summary suffices.
  public let explanation: String
  /// Names of predictors for readers, such as `private classifier`; a predictor without one is
  /// called by its own name. A wrapper's predictors are those of its base method.
  public let predictorLabels: [String: String]
  /// The method's own hyper-parameters; a wrapper also has those of its base method.
  public let ownParameters: [any HyperParameterDeclaration]
  /// Whether it wraps a gradient method, named by the hyper-parameter `base`.
  public let isWrapper: Bool
  /// The default number of rounds.
  public let rounds: Int
  /// Whether a run has exactly one round.
  public let isOneRound: Bool
  private let body:
    @Sendable (MethodSetting, HyperParameters) throws(FedMedError) -> any FederatedMethod

  /// Describes a method.
  /// - Parameter make: creates it.
  package init(
    name: String, summary: String, parameters: [any HyperParameterDeclaration] = [],
    rounds: Int = 50, isOneRound: Bool = false, explanation: String = "",
    predictorLabels: [String: String] = [:],
    make:
      @escaping @Sendable (MethodSetting, HyperParameters) throws(FedMedError)
      -> any FederatedMethod
  ) {
    (self.name, self.summary, ownParameters) = (name, summary, parameters)
    (self.explanation, self.predictorLabels) = (explanation, predictorLabels)
    (isWrapper, self.rounds, self.isOneRound, body) = (false, rounds, isOneRound, make)
  }

  /// Describes a method that wraps a gradient method.
  /// - Parameter make: creates it from its base method.
  package init(
    wrapper name: String, summary: String, parameters: [any HyperParameterDeclaration] = [],
    make:
      @escaping @Sendable (any GradientMethod, HyperParameters) throws(FedMedError)
      -> any FederatedMethod
  ) {
    (self.name, self.summary, ownParameters) = (name, summary, [Methods.base] + parameters)
    (isWrapper, rounds, isOneRound, explanation, predictorLabels) = (true, 50, false, "", [:])
    body = { setting, values throws(FedMedError) in
      let base = try Methods.named(values[Methods.base]).make(setting, values)
      guard PrivacyGuarantee(values) == nil else {
        throw FedMedError(
          .badData, "differential privacy cannot be combined with \(name)", place: "parameters.dp")
      }
      guard let base = base as? any GradientMethod else {
        throw FedMedError(.badData, "not a gradient method", place: "parameters.base")
      }
      return try make(base, values)
    }
  }

  /// All hyper-parameters, in the order of a manifest.
  /// - Parameter base: the name of a wrapper's base method; `nil` for the default.
  /// - Throws: `badData` if no method with that name can be wrapped.
  public func parameters(base: String? = nil) throws(FedMedError) -> [any HyperParameterDeclaration]
  {
    guard isWrapper else { return ownParameters }
    let name = base ?? Methods.base.defaultValue
    try Methods.base.check(.name(name))
    return try ownParameters + Methods.named(name).ownParameters
  }

  /// Returns the hyper-parameters of a run with this method.
  /// - Parameter given: values by key; the others take their defaults.
  /// - Throws: `badData` if the method does not have one of the keys, or a value is out of range.
  public func values(
    given: [String: HyperParameterScalar] = [:]
  ) throws(FedMedError) -> HyperParameters {
    let base = given[Methods.base.key].flatMap { String($0) }
    return try HyperParameters(parameters(base: base), given: given)
  }

  /// Creates the method for a run.
  /// - Throws: `badData` if a wrapper's base method is unknown or not a gradient method.
  public func make(
    _ setting: MethodSetting, _ values: HyperParameters
  ) throws(FedMedError) -> any FederatedMethod {
    try body(setting, values)
  }
}

/// All methods. A new one gets a folder beside this file and a line here.
public enum Methods {
  /// Methods that train by gradients and can be wrapped.
  public static let gradient: [MethodDefinition] = [.fedmedclip, .linear]
  /// All methods, in the order of manuals and help.
  public static let all: [MethodDefinition] =
    gradient + [
      .fedprox, .local, .zeroShot, .gaussian, .localLinear,
    ]

  /// The name of a wrapper's base method.
  public static let base = HyperParameter(
    "base", default: MethodDefinition.linear.name, of: gradient.map(\.name),
    "The wrapped method.")

  /// Returns the method with that name.
  /// - Throws: `badData` if there is none.
  public static func named(_ name: String) throws(FedMedError) -> MethodDefinition {
    guard let method = all.first(where: { $0.name == name }) else {
      throw FedMedError(
        .badData, "unknown method '\(printable(name))'",
        hint: "known methods: \(all.map(\.name).joined(separator: ", "))")
    }
    return method
  }
}
