/// Half precision, as the paper sends the FAM: 11 significant bits, rounded to nearest, ties to
/// even. A number beyond ±65504 is an error.
public enum Float16Codec: Codec {
  public static let name = "float16"
  public static let elementType = ElementType.float16
  public static let isLossless = false
}
