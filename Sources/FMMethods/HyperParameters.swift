import FMBase

/// The hyper-parameters of a run: a value for each one that its method declares. Whoever starts the
/// run sets them; every manifest contains them, and every site uses them.
public struct HyperParameters: Equatable, Sendable {
  /// Keys and values in the order of their declarations.
  public private(set) var values: [(key: String, scalar: HyperParameterScalar)]

  /// Combines given values with defaults.
  /// - Parameter given: values by key; the others take their defaults.
  /// - Throws: `badData` if a key is not declared, or a value is out of range.
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
    if let unknown = given.keys.sorted().first(
      where: { key in !values.contains { $0.key == key } })
    {
      throw FedMedError(
        .badData, "not a hyper-parameter of this method", place: "parameters.\(printable(unknown))")
    }
  }

  /// The value of a hyper-parameter; its default if the method does not declare it.
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

  /// Whether sites train identically with both: they differ at most in what only the server uses.
  package func trainsIdentically(
    to other: HyperParameters, _ declarations: [any HyperParameterDeclaration]
  ) -> Bool {
    let servers = Set(declarations.filter(\.isServers).map(\.key))
    func own(_ all: HyperParameters) -> [(key: String, scalar: HyperParameterScalar)] {
      all.values.filter { !servers.contains($0.key) }
    }
    return own(self).elementsEqual(own(other)) { $0.key == $1.key && $0.scalar == $1.scalar }
  }

  /// Whether keys and values are equal, in the same order.
  public static func == (a: HyperParameters, b: HyperParameters) -> Bool {
    a.values.elementsEqual(b.values) { $0.key == $1.key && $0.scalar == $1.scalar }
  }
}
