import Foundation

@testable import FMBase

/// A builder of tar archives that may be invalid in any way.
struct TarBuilder {
  private(set) var bytes: [UInt8] = []

  /// Appends a member.
  /// - Parameters:
  ///   - type: ustar's: "0" a file, "1" a hard link, "2" a symbolic link, "3" a device, "5" a
  ///     folder.
  ///   - size: the size in the header; `nil` for that of the content.
  ///   - fields: other text in the header, by its offset.
  ///   - padding: the byte that fills the last block after the content.
  mutating func add(
    _ name: String, _ content: [UInt8], type: Character = "0", link: String = "", size: Int? = nil,
    fields: [Int: String] = [:], padding: UInt8 = 0
  ) {
    var head = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      for (i, byte) in text.utf8.enumerated() { head[offset + i] = byte }
    }
    func octal(_ value: Int, _ digits: Int) -> String {
      let text = String(value, radix: 8)
      return String(repeating: "0", count: max(digits - text.count, 0)) + text
    }
    put(name, at: 0)
    put("0000644", at: 100)
    put("0000000", at: 108)
    put("0000000", at: 116)
    put(octal(size ?? content.count, 11), at: 124)
    put("00000000000", at: 136)
    put("        ", at: 148)
    put(String(type), at: 156)
    put(link, at: 157)
    put("ustar\u{0}00", at: 257)
    for (offset, text) in fields { put(text, at: offset) }
    put(octal(head.reduce(0) { $0 + Int($1) }, 6) + "\u{0} ", at: 148)
    bytes += head + content
    bytes += [UInt8](repeating: padding, count: (512 - content.count % 512) % 512)
  }

  /// The archive with its end marker.
  var finished: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }
}

/// A folder that is removed after the test.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "fedmed-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  /// Writes a file and returns its path.
  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: url.appendingPathComponent(name))
    return path(name)
  }

  func read(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: url.appendingPathComponent(name)))
  }

  /// Writes a file with `body` and returns its path.
  @discardableResult
  func create(
    _ name: String, _ body: (Int32, String) throws(FedMedError) -> Void
  ) throws -> String {
    try Data().write(to: url.appendingPathComponent(name))
    let handle = try FileHandle(forWritingTo: url.appendingPathComponent(name))
    defer { try? handle.close() }
    try body(handle.fileDescriptor, path(name))
    return path(name)
  }
}
