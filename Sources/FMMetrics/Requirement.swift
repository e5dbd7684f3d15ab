/// A demand on a score of all classes together, such as `macro_f1>=.7`.
public struct Requirement: Sendable {
  public let text: String
  public let name: String
  private let comparison: String
  private let bound: Double

  /// nil where the text is no such demand.
  public init?(_ text: String) {
    self.text = text
    guard let match = text.wholeMatch(of: /\s*([a-z0-9_]+)\s*(>=|<=|>|<)\s*([-+.0-9eE]+)\s*/),
      let bound = Double(match.3)
    else { return nil }
    (name, comparison, self.bound) = (String(match.1), String(match.2), bound)
  }

  /// What is not defined meets nothing.
  public func isMet(by value: Double?) -> Bool {
    guard let value else { return false }
    switch comparison {
    case ">=": return value >= bound
    case "<=": return value <= bound
    case ">": return value > bound
    default: return value < bound
    }
  }
}
