import Testing

@testable import FMArchive
@testable import FMEncoder

struct ImageDamageTests {
  private func gray(_ side: Int, _ value: (_ x: Int, _ y: Int) -> UInt8) -> Raster {
    var pixels: [UInt8] = []
    for y in 0..<side {
      for x in 0..<side { pixels += [UInt8](repeating: value(x, y), count: 3) }
    }
    return Raster(width: side, height: side, pixels: pixels)
  }

  @Test func parsesAndPrintsCorruptions() {
    for text in ["noise=12.5", "blur=2", "jpeg=30"] {
      #expect(ImageDamage(text)?.text == text)
    }
    #expect(ImageDamage("blur=2.0")?.text == "blur=2")
    for text in ["", "blur", "blur=", "blur=2=3", "blur=nan", "jpeg=101", "BLUR=1", "blur=1e-170"] {
      #expect(ImageDamage(text) == nil)
    }
  }

  /// An edge becomes the integral of a normal distribution; a constant image does not change.
  @Test func blurIsGaussian() throws {
    let even = gray(9) { _, _ in 77 }
    #expect(try #require(ImageDamage("blur=1.5")).apply(to: even) == even)
    let edge = gray(41) { x, _ in x < 20 ? 0 : 200 }
    let soft = try #require(ImageDamage("blur=2")).apply(to: edge)
    // Pixels next to an edge have the values of Φ(±½/2), equally in each row.
    func value(_ x: Int, _ y: Int) -> Double { Double(soft.pixels[(y * 41 + x) * 3]) }
    #expect(abs(value(19, 5) - 200 * 0.4013) < 3 && abs(value(20, 5) - 200 * 0.5987) < 3)
    #expect(value(10, 0) == 0 && value(30, 40) == 200)
    #expect((0..<41).allSatisfy { value(21, $0) == value(21, 0) })
    #expect(try #require(ImageDamage("blur=0")).apply(to: edge) == edge)
  }

  @Test func noiseHasTheGivenDeviation() throws {
    let image = gray(60) { _, _ in 128 }
    let noisy = try #require(ImageDamage("noise=10")).apply(to: image)
    let squares = noisy.pixels.reduce(0.0) { $0 + (Double($1) - 128) * (Double($1) - 128) }
    #expect(abs((squares / Double(noisy.pixels.count)).squareRoot() - 10) < 0.4)
    #expect(try #require(ImageDamage("noise=10")).apply(to: image) == noisy)
    #expect(try #require(ImageDamage("noise=0")).apply(to: image) == image)
  }

  @Test func lowerQualityCorruptsMore() throws {
    let image = gray(32) { x, y in UInt8((x * 37 + y * 91) % 256) }
    func corruption(_ quality: Int) throws -> Int {
      let result = try #require(ImageDamage("jpeg=\(quality)")).apply(to: image)
      return zip(result.pixels, image.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    }
    let corruptions = [try corruption(100), try corruption(60), try corruption(5)]
    #expect(corruptions[0] < corruptions[1] && corruptions[1] < corruptions[2])
  }
}
