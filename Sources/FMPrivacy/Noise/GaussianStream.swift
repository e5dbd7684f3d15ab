import FMBase
import Glibc

/// A stream of secret random numbers for training with noise: uniform ones, for sampling, and normal
/// ones. Its key comes from the operating system, never from a run's seed.
package struct GaussianStream {
  private var stream: MaskStream
  private var block = [UInt64](repeating: 0, count: 512)
  private var place = 512

  /// Draws a key and starts the stream.
  /// - Throws: `ioError` if there are no random bytes.
  package init(from random: inout some RandomSource) throws(FedMedError) {
    stream = MaskStream(key: try random.bytes(32))
  }

  private mutating func bits() -> UInt64 {
    if place == block.count {
      for index in block.indices { block[index] = 0 }
      stream.mask(&block)
      place = 0
    }
    place += 1
    return block[place - 1]
  }

  /// A uniform number in [0, 1), a multiple of 2⁻⁵³.
  package mutating func uniform() -> Double { Double(bits() >> 11) * 0x1p-53 }

  /// Two independent standard normal numbers (Box and Muller 1958).
  private mutating func pair() -> (Double, Double) {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    let angle = 2 * Double.pi * uniform()
    return (radius * cos(angle), radius * sin(angle))
  }

  /// A standard normal number: the sum of four, divided by 2. The low bits of a single one could
  /// tell what it was added to (Mironov, CCS 2012); those of a sum of four cannot be inverted in
  /// practice (Holohan and Braghin 2021, arXiv 2107.10138).
  package mutating func normal() -> Double {
    let (a, b) = pair()
    let (c, d) = pair()
    return (a + b + c + d) / 2
  }
}
