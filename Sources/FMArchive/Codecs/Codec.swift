import FMBase

/// An encoding of a model's numbers that may shrink them. Each codec has its own file and is found
/// by name.
public protocol Codec: Sendable {
  /// The name in options and manifests.
  static var name: String { get }
  /// The element type of encoded arrays.
  static var elementType: ElementType { get }
  /// Whether decoding restores the exact numbers.
  static var isLossless: Bool { get }
}

/// The available codecs.
public enum Codecs {
  /// All codecs.
  public static let all: [any Codec.Type] = [Float16Codec.self, Float32Codec.self]

  /// The codec with that name.
  /// - Throws: `badData` if there is none.
  public static func named(_ name: String) throws(FedMedError) -> any Codec.Type {
    guard let codec = all.first(where: { $0.name == name }) else {
      throw FedMedError(
        .badData,
        "unknown codec '\(printable(name))' (known: \(all.map { $0.name }.joined(separator: ", ")))"
      )
    }
    return codec
  }
}
