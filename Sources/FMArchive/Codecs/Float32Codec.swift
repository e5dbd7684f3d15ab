/// Single precision, which keeps all numbers unchanged.
public enum Float32Codec: Codec {
  /// The codec's name.
  public static let name = "float32"
  /// Single precision.
  public static let elementType = ElementType.float32
  /// Keeps every bit.
  public static let isLossless = true
}
