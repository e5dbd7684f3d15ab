import FMBase
import Glibc

/// A stream of random numbers that depends on its key (seed, site, round, purpose) alone.
///
/// Philox 4×32-10, a counter-based generator (Salmon, Moraes, Dror and Shaw: "Parallel random
/// numbers: as easy as 1, 2, 3", SC 2011). Its 64-bit key is the beginning of the SHA-256 of the
/// key's text, so no stream depends on threads, on other sites, or on earlier draws.
public struct RandomStream: Sendable {
  /// The use of a stream. Streams of different purposes are independent.
  public enum Purpose: String, Sendable {
    /// Initial weights of FedMedCLIP's feature adaptation module.
    case featureAdaptation = "fam"
    /// Initial weights of FedMedCLIP's private classifier.
    case localClassifier = "mlp"
    /// The order of samples in training.
    case shuffle
    /// The assignment of samples to sites.
    case partition
    /// The choice of held-out samples.
    case holdout
    /// The assignment of a site's samples to splits.
    case split
    /// The choice of images whose mean features stand for the classes.
    case anchors
    /// Bootstrap samples for confidence intervals.
    case bootstrap
    /// Noise added to features or images.
    case noise
    /// Initial weights, order and dropout of a private residual.
    case residual
  }

  private let key: (UInt32, UInt32)
  private var counter: UInt64 = 0
  private var block: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
  private var left = 0

  /// Starts a stream.
  /// - Parameters:
  ///   - site: the site's name; empty if the stream belongs to the run.
  ///   - round: r = 1, 2, …; 0 if the stream does not belong to a round.
  public init(seed: UInt64, site: String = "", round: Int = 0, purpose: Purpose) {
    // The site comes last because a name could otherwise imitate another field.
    let digest = SHA256.digest(Array("\(seed)\n\(round)\n\(purpose.rawValue)\n\(site)".utf8))
    let low = digest[0..<4].reduce(0) { $0 << 8 | UInt32($1) }
    let high = digest[4..<8].reduce(0) { $0 << 8 | UInt32($1) }
    key = (low, high)
  }

  /// Computes one block of the generator, in ten rounds.
  static func philox(
    _ counter: (UInt32, UInt32, UInt32, UInt32), key: (UInt32, UInt32)
  ) -> (UInt32, UInt32, UInt32, UInt32) {
    var (c, k) = (counter, key)
    for _ in 0..<10 {
      let a = c.0.multipliedFullWidth(by: 0xD251_1F53)
      let b = c.2.multipliedFullWidth(by: 0xCD9E_8D57)
      c = (b.high ^ c.1 ^ k.0, b.low, a.high ^ c.3 ^ k.1, a.low)
      k = (k.0 &+ 0x9E37_79B9, k.1 &+ 0xBB67_AE85)
    }
    return c
  }

  /// Returns 32 random bits.
  public mutating func bits() -> UInt32 {
    if left == 0 {
      block = Self.philox(
        (UInt32(truncatingIfNeeded: counter), UInt32(truncatingIfNeeded: counter >> 32), 0, 0),
        key: key)
      counter += 1
      left = 4
    }
    defer {
      block = (block.1, block.2, block.3, 0)
      left -= 1
    }
    return block.0
  }

  /// Returns a uniform number in [0, 1) with 53 random bits.
  public mutating func uniform() -> Double {
    let (a, b) = (UInt64(bits() >> 5), UInt64(bits() >> 6))
    return Double(a << 26 | b) * 0x1p-53
  }

  /// Returns an integer in 0..<bound, without bias (Lemire's rejection).
  /// - Precondition: 0 < bound < 2³².
  public mutating func below(_ bound: Int) -> Int {
    let range = UInt32(bound)
    let threshold = (0 &- range) % range
    while true {
      let product = bits().multipliedFullWidth(by: range)
      if product.low >= threshold { return Int(product.high) }
    }
  }

  /// Shuffles in place (Fisher–Yates).
  public mutating func shuffle<Element>(_ items: inout [Element]) {
    for last in stride(from: items.count - 1, to: 0, by: -1) {
      items.swapAt(last, below(last + 1))
    }
  }

  /// Returns the integers 0..<count in random order.
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    shuffle(&order)
    return order
  }

  /// Returns a standard normal number (Box–Muller; one number of each pair is used).
  public mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }

  /// Returns the logarithm of a Gamma(shape, 1) number (Marsaglia and Tsang 2000). With a small
  /// shape the number itself often underflows.
  public mutating func logGamma(shape: Double) -> Double {
    if shape < 1 {
      let boost = log(1 - uniform()) / shape
      return boost + logGamma(shape: shape + 1)
    }
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let v = 1 + c * x
      guard v > 0 else { continue }
      let cube = v * v * v
      if log(1 - uniform()) < x * x / 2 + d - d * cube + d * log(cube) { return log(d * cube) }
    }
  }

  /// Returns a sample of the symmetric Dirichlet distribution: `count` non-negative numbers that
  /// sum to 1.
  public mutating func dirichlet(concentration: Double, count: Int) -> [Double] {
    let logs = (0..<count).map { _ in logGamma(shape: concentration) }
    let largest = logs.max() ?? 0
    let weights = logs.map { exp($0 - largest) }
    let total = weights.reduce(0, +)
    return weights.map { $0 / total }
  }

  /// Returns a matrix of uniform numbers in ±bound.
  public mutating func uniformMatrix(rows: Int, columns: Int, bound: Double) -> Matrix {
    let values = (0..<rows * columns).map { _ in Float((2 * uniform() - 1) * bound) }
    return Matrix(rows: rows, columns: columns, elements: values)
  }
}
