import FMBase
import Glibc

/// A source of secret random bytes. Tests inject a source whose bytes they know.
package protocol RandomSource {
  /// Returns `count` new random bytes.
  /// - Throws: `ioError` if there are none.
  mutating func bytes(_ count: Int) throws(FedMedError) -> [UInt8]
}

/// The operating system's generator of secret random bytes (getentropy).
///
/// It never depends on a run's seed: who knows the seed could otherwise remove masks and noise.
package struct SystemRandom: RandomSource {
  /// The most bytes that one call of getentropy returns.
  private static let blockSize = 256
  private var block: [UInt8] = []

  package init() {}

  package mutating func bytes(_ count: Int) throws(FedMedError) -> [UInt8] {
    while block.count < count {
      var fresh = [UInt8](repeating: 0, count: Self.blockSize)
      guard getentropy(&fresh, fresh.count) == 0 else {
        throw FedMedError(.ioError, errno: errno, "read random bytes", file: "getentropy")
      }
      block += fresh
    }
    let result = Array(block.suffix(count))
    block.removeLast(count)
    return result
  }
}

/// Uniform random integers.
extension RandomSource {
  /// Returns an integer in 0 ..< `bound`, by rejection of larger ones.
  /// - Precondition: `bound` > 0.
  package mutating func uniform(below bound: UInt128) throws(FedMedError) -> UInt128 {
    precondition(bound > 0)
    let bits = UInt128.bitWidth - (bound - 1).leadingZeroBitCount
    let mask: UInt128 = bits == UInt128.bitWidth ? .max : (1 << UInt128(bits)) - 1
    while true {
      var value: UInt128 = 0
      for byte in try bytes((bits + 7) / 8) { value = value << 8 | UInt128(byte) }
      value &= mask
      if value < bound { return value }
    }
  }
}
