import Foundation

@testable import FMNumerics

/// Random corruption of the bytes of a file, by a seed.
struct Mutation {
  private var random: RandomStream

  init(seed: UInt64) {
    random = RandomStream(seed: seed, site: "fuzz", purpose: .partition)
  }

  mutating func below(_ count: Int) -> Int { count > 0 ? random.below(count) : 0 }

  /// A random offset, more often near the beginning, where sizes are stored.
  private mutating func place(_ count: Int) -> Int {
    below(2) == 0 ? below(min(count, 256)) : below(count)
  }

  mutating func corrupted(_ original: [UInt8], other: [UInt8]) -> [UInt8] {
    var bytes = original
    for _ in 0...below(3) {
      switch below(7) {
      case 0: bytes = Array(bytes[..<place(bytes.count)])
      case 1:
        for _ in 0...below(8) where !bytes.isEmpty {
          bytes[place(bytes.count)] = UInt8(below(256))
        }
      case 2:
        let extremes: [[UInt8]] = [
          [0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF],
          [0xFF, 0xFF, 0xFF, 0x7F],
          [0, 1, 0, 0], [0x80, 0, 0, 0],
        ]
        let (start, value) = (place(bytes.count), extremes[below(extremes.count)])
        for (i, byte) in value.enumerated() where start + i < bytes.count {
          bytes[start + i] = byte
        }
      case 3:
        let start = place(bytes.count)
        bytes.removeSubrange(start..<min(start + 1 + below(64), bytes.count))
      case 4:
        let start = place(bytes.count)
        bytes.insert(contentsOf: bytes[start..<min(start + 1 + below(64), bytes.count)], at: start)
      case 5: bytes = Array(bytes[..<place(bytes.count)] + other[place(other.count)...])
      default: if !bytes.isEmpty { bytes[place(bytes.count)] ^= 1 << UInt8(below(8)) }
      }
    }
    return bytes
  }

  /// Replaces one number or name in a JSON text by another value.
  mutating func corrupted(json: [UInt8]) -> [UInt8] {
    let text = String(decoding: json, as: UTF8.self)
    let values = [
      "-1", "0", "1", "3", "65536", "2147483648", "9223372036854775807", "1e308", "0.5", "null",
      "true", "\"x\"", "[]", "{}", "[1]", "\"\"",
    ]
    let matches = text.matches(of: /-?[0-9]+(\.[0-9]+)?|true|false|"[a-z_0-9]+"/)
    guard !matches.isEmpty else { return json }
    let chosen = matches[below(matches.count)]
    return Array(
      text.replacingCharacters(in: chosen.range, with: values[below(values.count)]).utf8)
  }
}
