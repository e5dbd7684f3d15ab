import FMBase
import FMNumerics
import Glibc

/// The speed of an encoder on this machine.
public enum EncodingSpeed {
  /// The size of the synthetic images.
  private static let (width, height) = (640, 480)

  /// Resizes and encodes synthetic images, batch by batch, for at least `seconds`.
  /// - Returns: the images per second, and the number of images.
  /// - Throws: `badData` if a tensor is missing or has another number of elements.
  public static func measure(
    _ encoder: ImageEncoder, seconds: Double
  ) throws(FedMedError) -> (rate: Double, images: Int) {
    // The values of pixels have no effect on the time.
    let image = Raster(
      width: width, height: height,
      pixels: (0..<width * height * 3).map { UInt8(truncatingIfNeeded: $0 &* 40_503 >> 8) })
    let (start, batch) = (now(), encoder.vision.batch)
    var images = 0
    repeat {
      var inputs = [Raster](repeating: image, count: batch)
      Parallel.update(&inputs) { [preprocessing = encoder.preprocessing] in
        $0 = preprocessing.fit($0)
      }
      _ = try encoder.vision.encode(inputs, preprocessing: encoder.preprocessing)
      images += batch
    } while now() - start < seconds
    return (Double(images) / (now() - start), images)
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
