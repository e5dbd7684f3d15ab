import FMBase

/// Where a file is: at a path, or at a place in the file that holds the members of a tar archive.
package enum FilePlace: Hashable, Sendable {
  case path(String)
  case spooled(start: Int, size: Int)

  /// The name in messages of a file that is listed as `name`.
  func path(named name: String) -> String {
    guard case .path(let path) = self else { return name }
    return path
  }
}

/// What a decoder is asked for.
struct DecoderRequest: Equatable {
  let place: FilePlace
  /// The frame to decode; `nil` for the header only.
  let frame: Int?

  /// Frame, start, size, and the length of the path, as 64-bit integers in the processor's order; then
  /// the path. A frame of −1 stands for the header, a size of −1 for the whole file at the path.
  var bytes: [UInt8] {
    switch place {
    case .path(let path):
      Self.bytes([frame ?? -1, 0, -1, path.utf8.count]) + Array(path.utf8)
    case .spooled(let start, let size): Self.bytes([frame ?? -1, start, size, 0])
    }
  }

  /// The size of the part before the path.
  static let headSize = 32
  /// The greatest length of a path.
  static let longestPath = 1 << 16

  /// Reads a request.
  /// - Parameter read: returns that many next bytes; `nil` at the end.
  init?(_ read: (Int) -> [UInt8]?) {
    guard let head = read(Self.headSize) else { return nil }
    let numbers = (0..<4).map { Self.integer(head, at: 8 * $0) }
    frame = numbers[0] < 0 ? nil : numbers[0]
    if numbers[2] < 0 {
      guard numbers[3] <= Self.longestPath, let path = read(numbers[3]) else { return nil }
      place = .path(String(decoding: path, as: UTF8.self))
    } else {
      place = .spooled(start: numbers[1], size: numbers[2])
    }
  }

  init(_ place: FilePlace, frame: Int?) { (self.place, self.frame) = (place, frame) }

  static func bytes(_ numbers: [Int]) -> [UInt8] {
    numbers.flatMap { number in (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
  }

  /// The integer at an offset.
  static func integer(_ bytes: [UInt8], at offset: Int) -> Int {
    (0..<8).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
  }
}

/// What a decoder answers.
struct DecoderAnswer {
  /// The elements of the header, or the reason for a failure.
  var header: [UInt8]
  var isFailure = false
  /// How the samples of the frame are stored.
  var samples = DecodedSamples(isPlanar: false, bits: 8, colors: "")
  /// The samples of the frame; empty without one.
  var pixels: [UInt8] = []

  /// The size of the part before the arrays.
  static let headSize = 56
  private static let longestColors = 16

  /// Failure, the lengths of header and pixels, planes and bits, as 64-bit integers; and the colors.
  var head: [UInt8] {
    let colors = Array(samples.colors.utf8.prefix(Self.longestColors))
    return DecoderRequest.bytes([
      isFailure ? 1 : 0, header.count, pixels.count, samples.isPlanar ? 1 : 0, samples.bits,
    ]) + colors + [UInt8](repeating: 0, count: Self.longestColors - colors.count)
  }

  /// Reads an answer.
  /// - Parameters:
  ///   - most: the greatest lengths of header and pixels.
  ///   - read: returns that many next bytes; `nil` at the end.
  init?(most: (header: Int, pixels: Int), _ read: (Int) -> [UInt8]?) {
    guard let head = read(Self.headSize) else { return nil }
    let numbers = (0..<5).map { DecoderRequest.integer(head, at: 8 * $0) }
    guard (0...most.header).contains(numbers[1]), (0...most.pixels).contains(numbers[2]),
      let header = read(numbers[1]), let pixels = read(numbers[2])
    else { return nil }
    (self.header, self.pixels, isFailure) = (header, pixels, numbers[0] != 0)
    samples = DecodedSamples(
      isPlanar: numbers[3] != 0, bits: numbers[4],
      colors: String(decoding: head[40...].prefix { $0 != 0 }, as: UTF8.self))
  }

  init(header: [UInt8]) { self.header = header }

  /// A failure.
  init(reason: String) {
    header = Array(reason.utf8)
    isFailure = true
  }
}

/// How the samples of a decoded frame are stored.
package struct DecodedSamples: Equatable, Sendable {
  /// Whether there is a plane for each color.
  package var isPlanar: Bool
  /// The number of bits that a sample occupies: 8 or 16.
  package var bits: Int
  /// The photometric interpretation after decompression.
  package var colors: String
}
