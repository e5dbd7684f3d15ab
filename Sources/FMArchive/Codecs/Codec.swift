import FMBase

/// A way to write a model's numbers smaller. One file each; found by its name.
public protocol Codec: Sendable {
  static var name: String { get }
  /// What its arrays hold.
  static var elementType: ElementType { get }
  /// Whether decoding gives back the very numbers.
  static var isLossless: Bool { get }
}

public enum Codecs {
  public static let all: [any Codec.Type] = [Float16Codec.self, Float32Codec.self]

  public static func named(_ name: String) throws(FedMedError) -> any Codec.Type {
    guard let codec = all.first(where: { $0.name == name }) else {
      throw FedMedError(.badData, "unknown codec '\(printable(name))'")
    }
    return codec
  }
}
