/// eˣ for sixteen floats at a time. The polynomial was fitted to this interval by reweighted least
/// squares.
extension Lanes {
  /// eˣ within 2 units in the last place for x from −87.3 to 88; 0 below, e⁸⁸ above, NaN for NaN.
  ///
  /// x = n ln 2 + r with a whole n, so eˣ = 2ⁿ eʳ, and eʳ = 1 + r + r² g(r) for |r| ≤ ln 2 / 2.
  @inline(__always)
  func exponential() -> Lanes {
    let x = replacing(with: Lanes(repeating: 88), where: self .> 88)
    // Adding 1.5 · 2²³ rounds to an integer and leaves n in the last bits.
    let shift: Float = 12_582_912
    let shifted = x * 1.442_695_04 + shift
    let n = shifted - shift
    // ln 2 is split into two parts; the first has few bits, so its product with n is exact.
    let r = x - n * 0.693_359_375 + n * 2.121_944_40e-4
    var g = r * 1.381_461_05e-3 + 8.368_711_25e-3
    g = g * r + 4.166_838_75e-2
    g = g * r + 1.666_652_07e-1
    g = g * r + 4.999_999_35e-1
    let power = SIMD16<UInt32>(
      truncatingIfNeeded: unsafeBitCast(shifted, to: SIMD16<UInt32>.self) &<< 23)
    let scale = unsafeBitCast(power &+ 0x3F80_0000, to: Lanes.self)
    let result = (r * r * g + r + 1) * scale
    return result.replacing(with: 0, where: self .< -87.3)
  }
}
