import FMBase

extension SHA256 {
  /// The checksum of all that `source` has.
  /// - Throws: `badData` where that is more than `limit` bytes.
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
