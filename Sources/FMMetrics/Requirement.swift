/// A requirement on a score over all classes, such as `macro_f1>=.7`.
public struct Requirement: Sendable {
  /// The requirement as written.
  public let text: String
  /// The score's name.
  public let name: String
  private let comparison: String
  private let bound: Double

  /// Parses `SCORE`, a comparison (`>=`, `<=`, `>` or `<`) and a number; `nil` if `text` has
  /// another form.
  public init?(_ text: String) {
    self.text = text
    guard let match = text.wholeMatch(of: /\s*([a-z0-9_]+)\s*(>=|<=|>|<)\s*([-+.0-9eE]+)\s*/),
      let bound = Double(match.3)
    else { return nil }
    (name, comparison, self.bound) = (String(match.1), String(match.2), bound)
  }

  /// Whether `value` meets the requirement; an undefined score (`nil`) never does.
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
