import FMArchive
import FMBase
import FMNumerics
import Glibc

extension ImageDamage {
  /// Damages an image. The result depends on the image alone, because random numbers are seeded by
  /// its pixels.
  /// - Throws: `internalError` if libjpeg-turbo fails.
  public func apply(to image: Raster) throws(FedMedError) -> Raster {
    switch kind {
    case .noise:
      var random = RandomStream(
        seed: 0, site: SHA256.hexadecimal(SHA256.digest(image.pixels)), purpose: .noise)
      let pixels = image.pixels.map { Self.byte(Double($0) + degree * random.normal()) }
      return Raster(width: image.width, height: image.height, pixels: pixels)
    case .blur: return degree > 0 ? blurred(image) : image
    case .jpeg: return try JPEGDecoder.decode(JPEGEncoder.encode(image, quality: Int(degree)))
    }
  }

  private static func byte(_ value: Double) -> UInt8 { UInt8(min(max(value.rounded(), 0), 255)) }

  /// Blurs across, then down; border pixels are repeated outside the image.
  private func blurred(_ image: Raster) -> Raster {
    let reach = Int((3 * degree).rounded(.up))
    let bells = (-reach...reach).map { exp(-Double($0 * $0) / (2 * degree * degree)) }
    let total = bells.reduce(0, +)
    let weights = bells.map { $0 / total }
    let (width, height) = (image.width, image.height)
    /// Filters along lines of `length` pixels whose starts are `step` bytes apart.
    func pass(
      _ source: [Double], length: Int, step: Int, lines: Int, lineStep: Int
    ) -> [Double] {
      var result = source
      for line in 0..<lines {
        for place in 0..<length {
          for c in 0..<3 {
            var sum = 0.0
            for (k, weight) in weights.enumerated() {
              let near = min(max(place + k - reach, 0), length - 1)
              sum += weight * source[line * lineStep + near * step + c]
            }
            result[line * lineStep + place * step + c] = sum
          }
        }
      }
      return result
    }
    let across = pass(
      image.pixels.map { Double($0) }, length: width, step: 3, lines: height, lineStep: 3 * width)
    let down = pass(across, length: height, step: 3 * width, lines: width, lineStep: 3)
    return Raster(width: width, height: height, pixels: down.map(Self.byte))
  }
}
