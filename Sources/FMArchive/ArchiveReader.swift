import FMBase
import Glibc

/// Reads an archive once, from beginning to end, so that it can come from a pipe.
///
/// Anything the format forbids is refused with one error that names the file and the member: a
/// missing or late manifest; duplicate, unlisted or missing members; links and devices; mismatched
/// names, shapes and sizes; wrong checksums; a truncated file.
public final class ArchiveReader {
  /// The limit on the total size of an archive's members: 64 GiB. The environment variable
  /// FEDMED_SIZE_LIMIT can lower it.
  public static let sizeLimit = 1 << 36

  /// The limit on the size of an archive's file, in bytes. Compression enlarges incompressible data
  /// by less than the margin added here.
  /// - Throws: `usage` if FEDMED_SIZE_LIMIT is not a positive integer.
  package static func fileLimit() throws(FedMedError) -> Int {
    let limit = try allowedSize()
    return limit + limit / 1000 + 1 << 20
  }

  private static func allowedSize() throws(FedMedError) -> Int {
    guard let text = getenv("FEDMED_SIZE_LIMIT").map({ String(cString: $0) }) else {
      return sizeLimit
    }
    guard let limit = Int(text), limit > 0 else {
      throw FedMedError(
        .usage, "invalid FEDMED_SIZE_LIMIT '\(printable(text))': expected a number of bytes")
    }
    return min(limit, sizeLimit)
  }

  /// The parsed and validated manifest.
  public let manifest: Manifest
  /// The bytes of `manifest.json`, exactly as stored in the archive.
  public let manifestBytes: [UInt8]
  /// The SHA-256 of `manifest.json` in hexadecimal, which identifies the archive.
  public let identity: String
  /// The file name used in messages.
  public let name: String

  private let tar: TarReader
  private var unseen: [String: Manifest.Member] = [:]
  private var current: Manifest.Member?
  private var left = 0
  private var hash = SHA256()
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)

  /// Opens the archive at `path` (`-` is standard input) and reads its manifest.
  /// - Parameter kinds: the kinds that the caller accepts; any other is refused.
  /// - Throws: `noInput` if the file cannot be opened, `badData` if the manifest is malformed or of
  ///   another kind, `refused` if it is a private state that the caller does not accept, `ioError`
  ///   if reading fails, `usage` if FEDMED_SIZE_LIMIT is invalid.
  public convenience init(path: String, kinds: [Manifest.Kind]) throws(FedMedError) {
    try self.init(ByteSource(path: path), kinds: kinds)
  }

  /// Reads the manifest of the archive in `source`.
  /// - Parameter kinds: the kinds that the caller accepts; any other is refused.
  /// - Throws: `badData` if the manifest is malformed or of another kind, `refused` if it is a
  ///   private state that the caller does not accept, `ioError` if reading fails, `usage` if
  ///   FEDMED_SIZE_LIMIT is invalid.
  public init(_ source: ByteSource, kinds: [Manifest.Kind]) throws(FedMedError) {
    name = source.name
    // gzip and zstd headers can carry text that neither tar nor jq shows.
    let start = try source.peek(4)
    guard !(start.starts(with: [0x1F, 0x8B]) && start.count > 3 && start[3] != 0),
      !(start.count > 3 && start[0] & 0xF0 == 0x50
        && start[1...3].elementsEqual([0x2A, 0x4D, 0x18]))
    else {
      throw FedMedError(
        .badData, "the compressed file has a name, a comment or an extra frame",
        file: source.name,
        hint: "compress it from standard input: gzip < FILE.tar > FILE.tar.gz")
    }
    tar = TarReader(try DecompressedStream(source), file: source.name)
    guard let first = try tar.next(), first.name == "manifest.json" else {
      throw FedMedError(
        .badData, "the first member is not manifest.json", file: source.name,
        hint: "only archives written by the fm tools can be read")
    }
    guard first.size <= JSONLimits.manifest.bytes else {
      throw FedMedError(
        .badData, "larger than \(JSONLimits.manifest.bytes) bytes", file: source.name,
        place: first.name)
    }
    let json = try Self.read(first.size, from: tar, name: first.name)
    do throws(FedMedError) {
      manifest = try Manifest(json: json)
    } catch {
      throw error.naming(file: source.name)
    }
    manifestBytes = json
    identity = SHA256.hexadecimal(SHA256.digest(json))
    guard kinds.contains(manifest.kind) else {
      let wanted = kinds.map(\.rawValue).joined(separator: " or ")
      throw FedMedError(
        manifest.kind == .state ? .refused : .badData,
        "expected \(wanted), found \(manifest.kind.rawValue)", file: name,
        hint: manifest.kind == .state ? "a state is private and does not leave its site" : nil)
    }
    for member in manifest.members { unseen[member.name] = member }
    let declared = manifest.members.reduce(0) { $0 + $1.bytes }
    let allowed = try Self.allowedSize()
    guard declared <= allowed else {
      throw FedMedError(
        .badData, "\(declared) bytes, FEDMED_SIZE_LIMIT allows \(allowed)", file: name)
    }
    // Besides the members: their headers and padding, and the zeros at the end of a tar archive.
    tar.stream.limit = first.size + declared + manifest.members.count * 8192 + (1 << 21)
  }

  private static func read(
    _ size: Int, from tar: TarReader, name: String
  ) throws(FedMedError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: size)
    let count = try bytes.withUnsafeMutableBytes { buffer in
      Result { () throws(FedMedError) in try tar.read(into: buffer, place: name) }
    }.get()
    return Array(bytes[..<count])
  }

  /// Advances to the next member, after checking the rest of the current one. Returns `nil` at the
  /// end, once the whole archive has been checked.
  /// - Throws: `badData` if a member is unlisted, duplicate, missing or does not match the
  ///   manifest; `ioError` if reading fails.
  public func next() throws(FedMedError) -> Manifest.Member? {
    if current != nil { try consume { _ in } }
    guard let entry = try tar.next() else {
      if let missing = manifest.members.first(where: { unseen[$0.name] != nil }) {
        throw FedMedError(.badData, "missing", file: name, place: missing.name)
      }
      try tar.finish()
      return nil
    }
    guard let member = unseen.removeValue(forKey: entry.name) else {
      let repeated = manifest.members.contains { $0.name == entry.name }
      throw fault(
        repeated || entry.name == "manifest.json"
          ? "appears twice" : "not listed in the manifest", entry.name)
    }
    guard entry.size == member.bytes else {
      throw fault("\(entry.size) bytes, the manifest says \(member.bytes)", member.name)
    }
    current = member
    left = member.bytes
    hash = SHA256()
    if member.dtype.size != nil { try readHeader(member) }
    return member
  }

  /// Reads to the end of the archive and checks all of it.
  /// - Throws: `badData` if any member does not match the manifest; `ioError` if reading fails.
  public func verify() throws(FedMedError) {
    while try next() != nil {}
  }

  /// Passes the rest of the current member to `body`, in blocks that hold whole elements, and
  /// checks its size and checksum.
  /// - Throws: `badData` if the member is truncated or its checksum is wrong; `ioError` if reading
  ///   fails; any error that `body` throws.
  public func consume(
    _ body: (UnsafeRawBufferPointer) throws(FedMedError) -> Void
  ) throws(FedMedError) {
    guard let member = current else { return }
    while left > 0 {
      let wanted = min(left, buffer.count)
      let result = buffer.withUnsafeMutableBytes { bytes in
        Result { () throws(FedMedError) in
          let block = UnsafeMutableRawBufferPointer(rebasing: bytes[..<wanted])
          let count = try tar.read(into: block, place: member.name)
          guard count == wanted else { throw fault("truncated", member.name) }
          hash.update(UnsafeRawBufferPointer(block))
          try body(UnsafeRawBufferPointer(block))
        }
      }
      try result.get()
      left -= wanted
    }
    current = nil
    guard hash.hexadecimal() == member.sha256 else {
      throw fault("its checksum does not match the manifest", member.name)
    }
  }

  /// The current member's bytes, without the header of an array.
  /// - Throws: `badData` if the member is truncated or its checksum is wrong; `ioError` if reading
  ///   fails.
  public func bytes() throws(FedMedError) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(min(left, 1 << 26))
    try consume { result += $0 }
    return result
  }

  /// The current member's elements, converted to single precision.
  /// - Throws: `badData` if it is not a float array or has a value that is not finite; otherwise as
  ///   `consume`.
  public func floats() throws(FedMedError) -> [Float] {
    guard let member = current, member.dtype == .float32 || member.dtype == .float16 else {
      throw fault("not an array of floats", current?.name ?? "")
    }
    var values: [Float] = []
    // Capped, because a file without its data could claim any size.
    values.reserveCapacity(min(ArrayHeader.count(member.shape) ?? 0, 1 << 24))
    try consume { ElementCoding.decode($0, as: member.dtype, into: &values) }
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw fault("element \(index) is \(values[index])", member.name)
    }
    return values
  }

  /// The current member's elements as 32-bit integers.
  /// - Throws: `badData` if it is not an array of 32-bit integers; otherwise as `consume`.
  public func integers() throws(FedMedError) -> [Int32] {
    guard let member = current, member.dtype == .int32 else {
      throw fault("not an array of 32-bit integers", current?.name ?? "")
    }
    return ElementCoding.integers(try bytes())
  }

  /// The current member's elements as exact 64-bit totals.
  /// - Throws: `badData` if it is not an array of 64-bit integers; otherwise as `consume`.
  public func totals() throws(FedMedError) -> [Int64] {
    guard let member = current, member.dtype == .int64 else {
      throw fault("not an array of 64-bit integers", current?.name ?? "")
    }
    return ElementCoding.totals(try bytes())
  }

  /// The current member's elements as 32-bit masked integers.
  /// - Throws: `badData` if it is not an array of such integers; otherwise as `consume`.
  package func narrowIntegers() throws(FedMedError) -> [UInt32] {
    guard let member = current, member.dtype == .uint32 else {
      throw fault("not an array of 32-bit unsigned integers", current?.name ?? "")
    }
    return ElementCoding.narrow(try bytes())
  }

  /// The current member's rows of seven bytes as masked integers.
  /// - Throws: `badData` if it is not an array of such rows; otherwise as `consume`.
  package func wideIntegers() throws(FedMedError) -> [UInt64] {
    guard let member = current, member.dtype == .uint8, member.shape.last == ElementCoding.wideBytes
    else { throw fault("not an array of integers of seven bytes", current?.name ?? "") }
    return ElementCoding.wide(try bytes())
  }

  /// The current member's text.
  /// - Throws: `badData` if it is not UTF-8; otherwise as `consume`.
  public func text() throws(FedMedError) -> String {
    let place = current?.name ?? ""
    guard let text = String(validating: try bytes(), as: UTF8.self) else {
      throw fault("not UTF-8 text", place)
    }
    return text
  }

  /// A `badData` error at `place` in this archive.
  public func fault(_ reason: String, _ place: String) -> FedMedError {
    FedMedError(.badData, reason, file: name, place: printable(place))
  }

  /// Checks that the header of an array agrees with the manifest.
  private func readHeader(_ member: Manifest.Member) throws(FedMedError) {
    do throws(FedMedError) {
      var bytes = try Self.read(min(10, left), from: tar, name: member.name)
      let length = try ArrayHeader.length(prefix: bytes)
      bytes += try Self.read(min(length, left) - bytes.count, from: tar, name: member.name)
      left -= bytes.count
      bytes.withUnsafeBytes { hash.update($0) }
      let header = try ArrayHeader(bytes: bytes)
      guard header.descriptor == member.dtype.rawValue, header.shape == member.shape else {
        throw fault(
          "\(printable(header.descriptor)) \(header.shape), the manifest says "
            + "\(member.dtype.rawValue) \(member.shape)", member.name)
      }
      guard let size = member.dtype.size, let count = header.count,
        left == size * count
      else { throw fault("\(left) bytes for shape \(header.shape)", member.name) }
    } catch {
      var placed = error.naming(file: name)
      placed.place = placed.place ?? member.name
      throw placed
    }
  }
}
