import CProducts

/// The precision in which a frozen network multiplies.
public enum Precision: String, CaseIterable, Sendable {
  /// Single precision.
  case float32
  /// Weights and inputs rounded to bfloat16, sums in single precision.
  case bfloat16
  /// Weights as 8-bit integers with a factor for each output, inputs with a factor for each row, and
  /// exact sums.
  case int8

  var kernel: product_precision {
    switch self {
    case .float32: PRODUCT_FLOAT32
    case .bfloat16: PRODUCT_BFLOAT16
    case .int8: PRODUCT_INT8
    }
  }

  /// The precision for operands that 8-bit integers are too coarse for.
  package var withFraction: Precision {
    guard self == .int8 else { return self }
    return Precision.bfloat16.isSupported ? .bfloat16 : .float32
  }

  /// Whether this processor has the instructions that make the precision fast; single precision works
  /// on every processor.
  public var isSupported: Bool { self == .float32 || isAccelerated }

  /// The instructions that a precision needs.
  public var instructions: String {
    switch self {
    case .float32: "AVX-512"
    case .bfloat16: "AVX512-BF16"
    case .int8: "AVX512-VNNI"
    }
  }

  /// Whether there are kernels for this processor.
  var isAccelerated: Bool { product_supported(kernel) == 1 }
}
