import FMBase
import FMMethods

/// What belongs to a run: the method, its hyper-parameters, and the encoder of the features. Models,
/// updates, states and the server's memory have it in common.
public struct RunPayload: Equatable, Sendable {
  public var method: String
  public var parameters: HyperParameters
  public var encoder: Manifest.Encoder

  public init(method: String, parameters: HyperParameters, encoder: Manifest.Encoder) {
    (self.method, self.parameters, self.encoder) = (method, parameters, encoder)
  }

  /// The method with all that it needs.
  /// - Throws: `badData` where no method has that name.
  public func make(classes: Int) throws(FedMedError) -> any FederatedMethod {
    try Methods.named(method).make(
      MethodSetting(dimension: encoder.dimension, classes: classes), parameters)
  }

  /// Whether sites train alike in both runs: of the same method and encoder, with the same parameters but for
  /// those that the server alone obeys.
  package func trainsAlike(_ other: RunPayload) throws(FedMedError) -> Bool {
    guard method == other.method, encoder.fits(other.encoder) else { return false }
    let declarations = try Methods.named(method).parameters(base: parameters[Methods.base])
    return parameters.trainsIdentically(to: other.parameters, declarations)
  }

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

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    method = try container.decode(String.self, forKey: .method)
    encoder = try container.decode(Manifest.Encoder.self, forKey: .encoder)
    let version = try container.decode(Int.self, forKey: .version)
    let values = try container.nestedContainer(keyedBy: AnyKey.self, forKey: .parameters)
    let definition = try Methods.named(method)
    let base = try values.decodeIfPresent(String.self, forKey: AnyKey(Methods.base.key))
    var given: [String: HyperParameterScalar] = [:]
    for declaration in try definition.parameters(base: base) {
      let key = AnyKey(declaration.key)
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
  public var json: JSON {
    .object(values.map { JSON.Member(key: $0.key, value: $0.scalar.json) })
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
