import FMBase

/// The hyper-parameters of a run: a value for each that its method declares. Who starts the run sets them;
/// they travel in every manifest, and every site obeys them.
public struct HyperParameters: Equatable, Sendable {
  /// In the order of their declarations.
  public private(set) var values: [(key: String, scalar: HyperParameterScalar)]

  /// - Parameter given: values by key; the others have their defaults.
  /// - Throws: `badData` for a key that is not declared, or a value out of range.
  public init(
    _ declarations: [any HyperParameterDeclaration],
    given: [String: HyperParameterScalar] = [:]
  ) throws(FedMedError) {
    values = []
    for declaration in declarations {
      let scalar = given[declaration.key] ?? declaration.defaultScalar
      try declaration.check(scalar)
      values.append((declaration.key, scalar))
    }
    if let odd = given.keys.sorted().first(where: { key in !values.contains { $0.key == key } }) {
      throw FedMedError(
        .badData, "is no hyper-parameter of this method", place: "parameters.\(printable(odd))")
    }
  }

  /// The value of a hyper-parameter; its default where the method has no such one.
  public subscript<Value>(_ parameter: HyperParameter<Value>) -> Value {
    get {
      values.first { $0.key == parameter.key }.flatMap { Value($0.scalar) }
        ?? parameter.defaultValue
    }
    set {
      guard let index = values.firstIndex(where: { $0.key == parameter.key }) else { return }
      values[index].scalar = newValue.scalar
    }
  }

  /// Whether sites train alike with both: all are equal but those that the server alone obeys.
  package func trainAlike(
    _ other: HyperParameters, _ declarations: [any HyperParameterDeclaration]
  ) -> Bool {
    let servers = Set(declarations.filter(\.isServers).map(\.key))
    func own(_ all: HyperParameters) -> [(key: String, scalar: HyperParameterScalar)] {
      all.values.filter { !servers.contains($0.key) }
    }
    return own(self).elementsEqual(own(other)) { $0.key == $1.key && $0.scalar == $1.scalar }
  }

  public static func == (a: HyperParameters, b: HyperParameters) -> Bool {
    a.values.elementsEqual(b.values) { $0.key == $1.key && $0.scalar == $1.scalar }
  }
}
