import FMBase
import FMMethods

/// The description of a run: its method, hyper-parameters and encoder. Models, updates, states and
/// the server's state share it.
public struct RunPayload: Equatable, Sendable {
  /// The name of the method.
  public var method: String
  /// The hyper-parameters of the method.
  public var parameters: HyperParameters
  /// The encoder that the features come from.
  public var encoder: Manifest.Encoder

  /// Creates a description of a run.
  public init(method: String, parameters: HyperParameters, encoder: Manifest.Encoder) {
    (self.method, self.parameters, self.encoder) = (method, parameters, encoder)
  }

  /// Creates the method for C `classes`.
  /// - Throws: `badData` if the method or one of its hyper-parameters is unknown.
  public func make(classes: Int) throws(FedMedError) -> any FederatedMethod {
    try Methods.named(method).make(
      MethodSetting(dimension: encoder.dimension, classes: classes), parameters)
  }

  /// Whether sites train in the same way in both runs: the method, the encoder and all
  /// hyper-parameters are equal, except those that only the server uses.
  /// - Throws: `badData` if the method is unknown.
  package func hasSameTraining(as other: RunPayload) throws(FedMedError) -> Bool {
    guard method == other.method, encoder.fits(other.encoder) else { return false }
    let declarations = try Methods.named(method).parameters(base: parameters[Methods.base])
    return parameters.trainsIdentically(to: other.parameters, declarations)
  }

  /// Whether updates contain noise for differential privacy.
  public var hasGuarantee: Bool { PrivacyGuarantee(parameters) != nil }

  package func validate() throws(FedMedError) {
    try encoder.validate()
    for declaration in try Methods.named(method).parameters(
      base: parameters[Methods.base])
    {
      guard let value = parameters.values.first(where: { $0.key == declaration.key }) else {
        continue
      }
      try declaration.check(value.scalar)
    }
  }

  var fields: [(key: String, value: JSON?)] {
    [
      ("method", .string(method)), ("encoder", encoder.json), ("parameters", parameters.json),
    ]
  }
}

extension RunPayload: Decodable {
  private enum CodingKeys: String, CodingKey { case version, method, parameters, encoder }

  /// Decodes the run without validating its values.
  /// - Throws: `DecodingError` if a key is missing or has a value of another type; `FedMedError` if
  ///   the method or a hyper-parameter is unknown.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    method = try container.decode(String.self, forKey: .method)
    encoder = try container.decode(Manifest.Encoder.self, forKey: .encoder)
    let version = try container.decode(Int.self, forKey: .version)
    let values = try container.nestedContainer(keyedBy: AnyKey.self, forKey: .parameters)
    let definition = try Methods.named(method)
    let base = try values.decodeIfPresent(String.self, forKey: AnyKey(Methods.base.key))
    let isPrivate = values.contains(AnyKey(PrivacyParameters.epsilon.key))
    var given: [String: HyperParameterScalar] = [:]
    for declaration in try definition.parameters(base: base) {
      let key = AnyKey(declaration.key)
      if PrivacyParameters.keys.contains(declaration.key), !isPrivate { continue }
      if version == 1 && Version1.added.contains(declaration.key) { continue }
      given[declaration.key] =
        switch declaration.domain {
        case .integers: .integer(try values.decode(Int.self, forKey: key))
        case .numbers: .number(try values.decode(Double.self, forKey: key))
        case .names: .name(try values.decode(String.self, forKey: key))
        }
    }
    parameters = try definition.values(given: given)
  }
}

extension HyperParameters {
  /// The hyper-parameters as a JSON object; those of differential privacy only in a run that adds
  /// noise.
  public var json: JSON {
    let isPrivate = PrivacyGuarantee(self) != nil
    return .object(
      values.filter { isPrivate || !PrivacyParameters.keys.contains($0.key) }
        .map { JSON.Member(key: $0.key, value: $0.scalar.json) })
  }
}

extension HyperParameterScalar {
  package var json: JSON {
    switch self {
    case .integer(let value): .integer(value)
    case .number(let value): .number(value)
    case .name(let value): .string(value)
    }
  }
}
