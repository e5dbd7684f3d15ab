/// The losses of a step, or their means over an epoch.
public struct LossTerms: Equatable, Sendable {
  /// What training minimises.
  public var total = 0.0
  /// The terms of the total by name, before their factors; none where the total is the only one.
  public private(set) var terms: [(name: String, value: Double)]

  /// Zeros.
  public init(_ names: [String]) {
    terms = names.map { ($0, 0) }
  }

  public subscript(index: Int) -> Double {
    get { terms[index].value }
    set { terms[index].value = newValue }
  }

  package mutating func add(_ other: LossTerms, share: Double) {
    total += share * other.total
    for index in terms.indices { terms[index].value += share * other.terms[index].value }
  }

  public static func == (a: LossTerms, b: LossTerms) -> Bool {
    a.total == b.total
      && a.terms.elementsEqual(b.terms) { $0.name == $1.name && $0.value == $1.value }
  }
}
