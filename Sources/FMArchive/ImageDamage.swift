/// A corruption deliberately applied to images, to measure how robust a model is. It applies at the
/// encoder's input size, so that a degree means the same for images of any size.
public struct ImageDamage: Equatable, Sendable {
  /// The type of corruption, with the unit of its degree.
  public enum Kind: String, CaseIterable, Sendable {
    /// Gaussian noise; the degree is its standard deviation, out of 255.
    case noise
    /// Gaussian blur; the degree is its standard deviation in pixels.
    case blur
    /// JPEG compression with chroma subsampling; the degree is the quality, 1 to 100.
    case jpeg

    var degrees: ClosedRange<Double> {
      switch self {
      case .noise: 0...255
      case .blur: 0...50
      case .jpeg: 1...100
      }
    }
  }

  /// The type of corruption.
  public let kind: Kind
  /// The severity, in the unit of `kind`.
  public let degree: Double

  /// Parses `KIND=DEGREE`, such as `blur=2`; `nil` if `text` has another form or the degree is out
  /// of range.
  public init?(_ text: String) {
    let parts = text.split(separator: "=", omittingEmptySubsequences: false)
    guard parts.count == 2, let kind = Kind(rawValue: String(parts[0])),
      let degree = Double(parts[1]), kind.degrees.contains(degree),
      kind != .jpeg || degree == degree.rounded(),
      // In a narrower Gaussian, 2σ² could underflow to 0, and its center would be 0/0.
      kind != .blur || degree == 0 || degree >= 0.01
    else { return nil }
    self.kind = kind
    self.degree = degree
  }

  /// The corruption as `KIND=DEGREE`, such as `blur=2`.
  public var text: String {
    "\(kind.rawValue)=\(degree == degree.rounded() ? "\(Int(degree))" : "\(degree)")"
  }
}
