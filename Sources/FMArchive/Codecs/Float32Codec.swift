/// The numbers as they are.
public enum Float32Codec: Codec {
  public static let name = "float32"
  public static let elementType = ElementType.float32
  public static let isLossless = true
}
