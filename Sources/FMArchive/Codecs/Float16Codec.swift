/// Half precision, which the paper uses to send the FAM: 11 significant bits, rounded to nearest,
/// ties to even. A number beyond ±65504 is an error.
public enum Float16Codec: Codec {
  /// The codec's name.
  public static let name = "float16"
  /// Half precision.
  public static let elementType = ElementType.float16
  /// Rounds to 11 significant bits.
  public static let isLossless = false
}
