import FMBase
import FMPrivacy

/// Pseudonyms of patients, studies and series: keyed hashes (HMAC-SHA256), so that the same identifier
/// always gets the same pseudonym at a site, and only a holder of the key can tell whose it is.
public struct Pseudonyms: Sendable {
  /// What an identifier names.
  public enum Kind: String, CaseIterable, Sendable {
    case patient, study, series
  }

  /// What a pseudonym stands for.
  public struct Identity: Sendable {
    /// What it names.
    public let kind: Kind
    /// The pseudonym.
    public let pseudonym: String
    /// The patient's ID, or the UID.
    public let identifier: String
    /// The accession number of a study; empty if it has none.
    public let accession: String
  }

  /// The size of the key in bytes.
  private static let keySize = 32
  /// The number of hexadecimal digits of a pseudonym: 80 bits.
  private static let digits = 20

  private let key: [UInt8]

  /// Reads a key: 64 hexadecimal digits.
  /// - Throws: `badData` if it is malformed.
  public init(key text: String, file: String) throws(FedMedError) {
    let digits = text.utf8.last == UInt8(ascii: "\n") ? text.dropLast() : text[...]
    let bytes = stride(from: 0, to: 2 * Self.keySize, by: 2).map { place -> UInt8? in
      let start = digits.index(digits.startIndex, offsetBy: place, limitedBy: digits.endIndex)
      return start.flatMap { UInt8(digits[$0...].prefix(2), radix: 16) }
    }
    key = bytes.compactMap { $0 }
    guard digits.utf8.count == 2 * Self.keySize, key.count == Self.keySize else {
      throw FedMedError(
        .badData, "not a key of \(2 * Self.keySize) hexadecimal digits", file: file)
    }
  }

  /// Makes the text of a new key.
  /// - Throws: `ioError` if the system has no random numbers.
  public static func newKey() throws(FedMedError) -> String {
    var random = SystemRandom()
    return SHA256.hexadecimal(try random.bytes(keySize)) + "\n"
  }

  /// The pseudonym of an identifier.
  public func pseudonym(_ kind: Kind, _ identifier: String) -> String {
    let message = Array("\(kind.rawValue)\0\(identifier)".utf8)
    let code = SHA256.hexadecimal(MessageAuthentication.code(of: message, key: key))
    return String(code.prefix(Self.digits))
  }
}
