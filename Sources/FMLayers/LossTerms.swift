/// The losses of a step, or their means over an epoch.
public struct LossTerms: Equatable, Sendable {
  /// The training objective.
  public var total = 0.0
  /// The terms of the total by name, before weighting.
  public private(set) var terms: [(name: String, value: Double)]

  /// Creates terms with these names, all 0.
  public init(_ names: [String]) {
    terms = names.map { ($0, 0) }
  }

  /// The value of the term at an index of `terms`.
  public subscript(index: Int) -> Double {
    get { terms[index].value }
    set { terms[index].value = newValue }
  }

  /// Adds `share` times another step's losses.
  package mutating func add(_ other: LossTerms, share: Double) {
    total += share * other.total
    for index in terms.indices { terms[index].value += share * other.terms[index].value }
  }

  /// The losses multiplied by a factor.
  package func scaled(by factor: Double) -> LossTerms {
    var result = LossTerms(terms.map(\.name))
    result.add(self, share: factor)
    return result
  }

  /// Whether the totals, names and values are equal.
  public static func == (a: LossTerms, b: LossTerms) -> Bool {
    a.total == b.total
      && a.terms.elementsEqual(b.terms) { $0.name == $1.name && $0.value == $1.value }
  }
}
