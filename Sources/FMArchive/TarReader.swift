import FMBase

/// Reads the members of an archive's tar sequentially.
///
/// It supports only the part of POSIX ustar that an archive needs, so that no hidden data can
/// travel in a header or between members: regular files with short names, no user or group names,
/// no comments, zeros in every unused field. (Tars of images come from other programs; `TarStream`
/// reads them.)
final class TarReader {
  package struct Entry {
    package let name: String
    package let size: Int
  }

  private static let blockSize = 512

  package let stream: DecompressedStream
  private let file: String
  /// Bytes read from the stream but not consumed yet.
  private var ahead = UnsafeRawBufferPointer(start: nil, count: 0)
  private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 14, alignment: 16)
  /// The bytes left of the current member, and of its padding.
  private var (left, padding) = (0, 0)
  private var isFirst = true

  init(_ stream: DecompressedStream, file: String) {
    (self.stream, self.file) = (stream, file)
  }

  deinit { scratch.deallocate() }

  /// The header of the next member; `nil` at the end marker.
  /// - Throws: `badData` if the header holds more than name and size, or the tar is malformed.
  package func next() throws(FedMedError) -> Entry? {
    try skip()
    guard var header = try header() else { return nil }
    var longSize: Int?
    if header.type == UInt8(ascii: "x") {
      longSize = try extendedSize(header)
      guard let next = try self.header() else { throw fault("truncated") }
      header = next
    }
    guard header.type == UInt8(ascii: "0") || header.type == 0 else {
      throw fault("not a regular file", header.name)
    }
    begin(longSize ?? header.size)
    return Entry(name: header.name, size: left)
  }

  /// Fills `buffer` with the next bytes of the member; fewer only at its end.
  /// - Throws: `badData` if the tar ends before the member does.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer, place: String
  ) throws(FedMedError) -> Int {
    let wanted = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, left)])
    guard try take(wanted) == wanted.count else { throw fault("truncated", place) }
    left -= wanted.count
    return wanted.count
  }

  /// Reads to the end of the source; only zeros may follow the end marker.
  /// - Throws: `badData` if anything else follows, or the end marker is missing.
  package func finish() throws(FedMedError) {
    let mark = UnsafeMutableRawBufferPointer(rebasing: scratch[..<Self.blockSize])
    guard try take(mark) == mark.count else {
      throw fault("truncated: missing end marker")
    }
    var rest = UnsafeRawBufferPointer(mark)
    while true {
      guard rest.allSatisfy({ $0 == 0 }), ahead.allSatisfy({ $0 == 0 }) else {
        throw fault("unexpected data after the last member")
      }
      ahead = UnsafeRawBufferPointer(start: nil, count: 0)
      guard let next = try stream.next() else { return }
      rest = next
    }
  }

  private func begin(_ size: Int) {
    (left, padding) = (size, (Self.blockSize - size % Self.blockSize) % Self.blockSize)
  }

  /// Skips the rest of the current member and its padding.
  private func skip() throws(FedMedError) {
    while left > 0 {
      let piece = UnsafeMutableRawBufferPointer(rebasing: scratch[..<min(left, scratch.count)])
      guard try take(piece) == piece.count else { throw fault("truncated") }
      left -= piece.count
    }
    let zeros = UnsafeMutableRawBufferPointer(rebasing: scratch[..<padding])
    guard try take(zeros) == zeros.count else { throw fault("truncated") }
    guard zeros.allSatisfy({ $0 == 0 }) else { throw fault("unexpected data between members") }
    padding = 0
  }

  /// Fills `buffer` from the stream; fewer bytes only at its end.
  private func take(_ buffer: UnsafeMutableRawBufferPointer) throws(FedMedError) -> Int {
    var filled = 0
    while filled < buffer.count {
      if ahead.isEmpty {
        guard let next = try stream.next() else { break }
        ahead = next
      }
      let count = min(ahead.count, buffer.count - filled)
      UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: ahead[..<count]))
      ahead = UnsafeRawBufferPointer(rebasing: ahead[count...])
      filled += count
    }
    return filled
  }

  private func fault(_ reason: String, _ place: String? = nil) -> FedMedError {
    FedMedError(.badData, reason, file: file, place: place.map { printable($0) })
  }
}

// MARK: - Headers

extension TarReader {
  /// The byte ranges of the fields of a ustar header.
  private enum Field {
    static let name = 0..<100
    static let size = 124..<136
    static let checksum = 148..<156
    static let type = 156
    static let link = 157..<257
    static let magic = 257..<265
    static let names = 265..<329
    static let devices = 329..<345
    static let rest = 345..<512
  }

  private struct Header {
    let name: String
    let size: Int
    let type: UInt8
  }

  /// The next header; `nil` if there is a block of zeros, the first half of the end marker.
  private func header() throws(FedMedError) -> Header? {
    let block = UnsafeMutableRawBufferPointer(rebasing: scratch[..<Self.blockSize])
    guard try take(block) == block.count else {
      throw fault(isFirst ? "not a tar archive" : "truncated")
    }
    func isZero(_ field: Range<Int>) -> Bool { block[field].allSatisfy { $0 == 0 } }
    guard !isZero(0..<Self.blockSize) else { return nil }
    // The checksum is computed with spaces in its own field.
    let sum = block.indices.reduce(0) {
      $0 + (Field.checksum.contains($1) ? 32 : Int(block[$1]))
    }
    let magic = Array(block[Field.magic])
    guard Self.octal(block[Field.checksum]) == sum,
      magic == Array("ustar\u{0}00".utf8) || magic == Array("ustar  \u{0}".utf8)
    else { throw fault(isFirst ? "not a tar archive" : "corrupted tar header") }
    isFirst = false
    let bytes = block[Field.name].prefix { $0 != 0 }
    guard let name = String(validating: bytes, as: UTF8.self), !name.isEmpty,
      block[Field.name].dropFirst(bytes.count).allSatisfy({ $0 == 0 })
    else { throw fault("a member has an invalid name") }
    guard let size = Self.octal(block[Field.size]) ?? Self.binary(block[Field.size]) else {
      throw fault("invalid size in its tar header", name)
    }
    let type = block[Field.type]
    if type == UInt8(ascii: "0") || type == 0 {
      guard isZero(Field.names) else {
        var error = fault("has a user or group name", name)
        error.hint = "use tar --numeric-owner, which omits them"
        throw error
      }
      guard isZero(Field.link), isZero(Field.rest),
        block[Field.devices].allSatisfy({ [0, 0x20, 0x30].contains($0) })
      else { throw fault("its tar header holds more than name and size", name) }
    }
    return Header(name: name, size: size, type: type)
  }

  /// The size in the extended header of a file of 8 GiB or more: a single record, `LENGTH
  /// size=DIGITS`.
  private func extendedSize(_ header: Header) throws(FedMedError) -> Int {
    begin(header.size)
    guard header.size < 64 else { throw fault("has an extended header", header.name) }
    let text = UnsafeMutableRawBufferPointer(rebasing: scratch[..<header.size])
    guard try read(into: text, place: header.name) == header.size else { throw fault("truncated") }
    let record = String(decoding: text, as: UTF8.self)
    try skip()
    let digits = record.dropFirst("\(record.utf8.count) size=".count).dropLast()
    guard record == "\(record.utf8.count) size=\(digits)\n", let size = Int(digits), size >= 0
    else { throw fault("has an extended header", header.name) }
    return size
  }

  /// Parses octal digits surrounded by spaces or zeros.
  private static func octal(_ field: Slice<UnsafeMutableRawBufferPointer>) -> Int? {
    let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0 && $0 != 0x20 }
    guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x37).contains($0) }) else { return nil }
    return digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }
  }

  /// Parses a large size in GNU tar's format: the highest bit set, then a binary number.
  private static func binary(_ field: Slice<UnsafeMutableRawBufferPointer>) -> Int? {
    guard field.first == 0x80, field.dropFirst().prefix(4).allSatisfy({ $0 == 0 }) else {
      return nil
    }
    let value = field.suffix(7).reduce(0) { $0 << 8 | Int($1) }
    return value >= 0 ? value : nil
  }
}
