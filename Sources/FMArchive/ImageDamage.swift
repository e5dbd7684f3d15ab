/// Harm done to images on purpose, to see what a model makes of it. It is done to images of the
/// encoder's input size, so that a degree means the same whatever their own.
public struct ImageDamage: Equatable, Sendable {
  public enum Kind: String, CaseIterable, Sendable {
    /// Gaussian noise; its deviation, of 255.
    case noise
    /// A Gaussian blur; its deviation, in pixels.
    case blur
    /// Storing as JPEG with halved colours; its quality, 1 to 100.
    case jpeg

    var degrees: ClosedRange<Double> {
      switch self {
      case .noise: 0...255
      case .blur: 0...50
      case .jpeg: 1...100
      }
    }
  }

  public let kind: Kind
  public let degree: Double

  /// As it is typed, `blur=2`; nil where it is no such thing.
  public init?(_ text: String) {
    let parts = text.split(separator: "=", omittingEmptySubsequences: false)
    guard parts.count == 2, let kind = Kind(rawValue: String(parts[0])),
      let degree = Double(parts[1]), kind.degrees.contains(degree),
      kind != .jpeg || degree == degree.rounded(),
      // A bell too narrow for its own middle.
      kind != .blur || degree == 0 || degree >= 0.01
    else { return nil }
    self.kind = kind
    self.degree = degree
  }

  public var text: String {
    "\(kind.rawValue)=\(degree == degree.rounded() ? "\(Int(degree))" : "\(degree)")"
  }
}
