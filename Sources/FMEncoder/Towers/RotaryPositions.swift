import FMNumerics
import Glibc

/// Rotary position embeddings of DINOv3: the queries and keys of each patch are turned by angles that
/// depend on its row and column.
///
/// With d the size of a head, pairs of coordinates i and i + d/2 are turned by 2π y / b^(4 i / d) for
/// i < d/4, and by 2π x / b^(4 i / d − 1) for the rest, where y and x are the patch's center, from −1
/// to 1 across the image (Siméoni et al., DINOv3, 2025).
struct RotaryPositions: Sendable {
  /// The number of tokens in front of the patches, which are not turned.
  private let prefix: Int
  private let cosines: Matrix  // [g², d/2]
  private let sines: Matrix  // [g², d/2]

  /// Creates the embeddings.
  /// - Parameters:
  ///   - grid: g, the number of patches along a side.
  ///   - size: d, the size of a head, divisible by 4.
  ///   - base: b, the base of the periods.
  init(grid: Int, size: Int, base: Double, prefix: Int) {
    self.prefix = prefix
    var cosines = Matrix(rows: grid * grid, columns: size / 2)
    var sines = cosines
    let frequencies = (0..<size / 4).map { 1 / Float(pow(base, Double(4 * $0) / Double(size))) }
    for patch in 0..<grid * grid {
      for (axis, place) in [patch / grid, patch % grid].enumerated() {
        let center = 2 * ((Float(place) + 0.5) / Float(grid)) - 1
        for (i, frequency) in frequencies.enumerated() {
          let angle = 2 * Float.pi * center * frequency
          cosines[patch, axis * size / 4 + i] = cos(angle)
          sines[patch, axis * size / 4 + i] = sin(angle)
        }
      }
    }
    (self.cosines, self.sines) = (cosines, sines)
  }

  /// Turns the queries and keys in `qkv` [n · tokens, 3 w].
  func turn(_ qkv: inout Matrix, tokens: Int, heads: Int) {
    RotaryKernel.turn(
      &qkv, tokens: tokens, prefix: prefix, heads: heads, cosines: cosines, sines: sines)
  }
}
