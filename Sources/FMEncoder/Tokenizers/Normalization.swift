import CUTF8Proc
import Glibc

/// Unicode's normal forms.
enum NormalForm {
  /// NFC.
  case composed
  /// NFD.
  case decomposed
  /// NFKC.
  case compatible

  fileprivate var options: UInt32 {
    let stable = UTF8PROC_STABLE.rawValue
    switch self {
    case .composed: return stable | UTF8PROC_COMPOSE.rawValue
    case .decomposed: return stable | UTF8PROC_DECOMPOSE.rawValue
    case .compatible: return stable | UTF8PROC_COMPOSE.rawValue | UTF8PROC_COMPAT.rawValue
    }
  }
}

extension String {
  /// The text in one of Unicode's normal forms.
  func normalized(_ form: NormalForm) -> String {
    let bytes = Array(utf8)
    var result: UnsafeMutablePointer<UInt8>?
    defer { free(result) }
    let count = utf8proc_map(bytes, bytes.count, &result, utf8proc_option_t(form.options))
    // Normalization of valid text fails only if memory is exhausted.
    guard count >= 0, let result else { return self }
    return String(decoding: UnsafeBufferPointer(start: result, count: count), as: UTF8.self)
  }
}

extension Unicode.Scalar {
  /// Whether the character is in ASCII and neither a letter, a digit, a space nor a control character.
  var isASCIIPunctuation: Bool {
    (33...47).contains(value) || (58...64).contains(value) || (91...96).contains(value)
      || (123...126).contains(value)
  }
}
