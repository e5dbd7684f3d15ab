import FMBase

extension SHA256 {
  /// The SHA-256 of the rest of `source`, in hexadecimal.
  /// - Throws: `badData` if it is larger than `limit` bytes, `ioError` if reading fails.
  package static func hexadecimal(of source: ByteSource, limit: Int) throws(FedMedError) -> String {
    try source.requireSize(atMost: limit)
    var hash = SHA256()
    while true {
      let bytes = try source.read(upTo: 1 << 20)
      if bytes.isEmpty { return hash.hexadecimal() }
      guard source.bytesRead <= limit else { throw source.tooLarge(limit) }
      hash.update(bytes[...])
    }
  }
}
