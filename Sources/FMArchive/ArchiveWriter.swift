import CArchive
import FMBase
import FMNumerics
import Glibc

/// The compression of the whole archive. It does not change the archive's identity.
public enum Filter: String, CaseIterable, Sendable {
  /// A plain tar archive.
  case none
  /// gzip at level 9.
  case gzip
  /// zstd at level 19.
  case zstd
}

/// Writes an archive.
///
/// Members are staged in an unnamed temporary file, because the manifest with their checksums comes
/// first. Equal members give equal bytes: owner 0, mode 0644, and a modification time of 0 or
/// SOURCE_DATE_EPOCH.
public final class ArchiveWriter {
  private let staged: StagingFile
  private var members: [Manifest.Member] = []
  private var start = 0
  private var hash = SHA256()

  /// Creates an empty archive.
  /// - Throws: `cannotCreate` if the temporary file cannot be created.
  public init() throws(FedMedError) {
    staged = try StagingFile()
  }

  /// Adds a float array named `NAME.npy`.
  /// - Throws: `badData` if a value is not finite or overflows half precision; `ioError` if the
  ///   temporary file cannot be written.
  public func add(_ tensor: Tensor, as type: ElementType = .float32) throws(FedMedError) {
    do throws(FedMedError) {
      try add(
        array: "\(tensor.name).npy", type, shape: tensor.shape,
        bytes: ElementCoding.encode(tensor.values, as: type))
    } catch {
      var placed = error
      placed.place = placed.place ?? "\(tensor.name).npy"
      throw placed
    }
  }

  /// Adds a one-dimensional array of 32-bit integers.
  /// - Throws: `ioError` if the temporary file cannot be written.
  public func add(_ name: String, _ values: [Int32]) throws(FedMedError) {
    try add(array: name, .int32, shape: [values.count], bytes: ElementCoding.bytes(of: values))
  }

  /// Adds an array of exact 64-bit totals named `NAME.npy`.
  /// - Throws: `ioError` if the temporary file cannot be written.
  public func add(_ tensor: IntegerTensor) throws(FedMedError) {
    try add(
      array: "\(tensor.name).npy", .int64, shape: tensor.shape,
      bytes: ElementCoding.bytes(of: tensor.values))
  }

  /// Adds an array from its little-endian bytes, in row-major order.
  /// - Throws: `ioError` if the temporary file cannot be written.
  public func add(
    array name: String, _ type: ElementType, shape: [Int], bytes: [UInt8]
  ) throws(FedMedError) {
    try add(array: name, type, shape: shape) { append throws(FedMedError) in
      try bytes.withUnsafeBytes { bytes in
        Result { () throws(FedMedError) in try append(bytes) }
      }.get()
    }
  }

  /// Adds an array whose little-endian bytes `body` appends piece by piece.
  /// - Throws: `ioError` if the temporary file cannot be written; any error that `body` throws.
  package func add(
    array name: String, _ type: ElementType, shape: [Int],
    _ body: (_ append: (UnsafeRawBufferPointer) throws(FedMedError) -> Void) throws(FedMedError)
      -> Void
  ) throws(FedMedError) {
    begin(array: name, type, shape: shape)
    try append(ArrayHeader(descriptor: type.rawValue, shape: shape).bytes)
    try body { bytes throws(FedMedError) in try append(bytes) }
    end()
  }

  /// Adds a text member, one line for each element.
  /// - Throws: `ioError` if the temporary file cannot be written.
  public func add(_ name: String, lines: [String]) throws(FedMedError) {
    begin(array: name, .text, shape: [lines.count])
    try append(Array(lines.map { $0 + "\n" }.joined().utf8))
    end()
  }

  /// Adds a JSON value.
  /// - Throws: `ioError` if the temporary file cannot be written.
  public func add(_ name: String, json: JSON) throws(FedMedError) {
    begin(array: name, .json, shape: [])
    try append(Array((json.text + "\n").utf8))
    end()
  }

  /// Embeds a file unchanged.
  /// - Throws: `ioError` if the temporary file cannot be written.
  package func add(_ name: String, file bytes: [UInt8]) throws(FedMedError) {
    begin(array: name, .file, shape: [])
    try append(bytes)
    end()
  }

  /// Copies a member other than an array from another archive.
  /// - Throws: `ioError` if the temporary file cannot be written.
  package func add(_ member: Manifest.Member, text bytes: [UInt8]) throws(FedMedError) {
    begin(array: member.name, member.dtype, shape: member.shape)
    try append(bytes)
    end()
  }

  private func begin(array name: String, _ type: ElementType, shape: [Int]) {
    members.append(
      Manifest.Member(name: name, dtype: type, shape: shape, bytes: 0, sha256: ""))
    start = staged.size
    hash = SHA256()
  }

  private func append(_ bytes: [UInt8]) throws(FedMedError) {
    try bytes.withUnsafeBytes { bytes in
      Result { () throws(FedMedError) in try append(bytes) }
    }.get()
  }

  private func append(_ bytes: UnsafeRawBufferPointer) throws(FedMedError) {
    hash.update(bytes)
    try staged.append(bytes)
  }

  private func end() {
    members[members.count - 1].bytes = staged.size - start
    members[members.count - 1].sha256 = hash.hexadecimal()
  }

  /// The SHA-256 of an added member; `nil` if there is no such member.
  public func checksum(of name: String) -> String? {
    members.first { $0.name == name }?.sha256
  }

  /// Writes the archive to an open file or pipe.
  /// - Parameters:
  ///   - manifest: the manifest without its members.
  ///   - verbatim: manifest bytes to write unchanged, so that the archive keeps its identity.
  ///   - filter: the compression.
  ///   - descriptor: the open file or pipe.
  ///   - file: the output's name in messages.
  /// - Returns: the identity of the archive, and the number of bytes written.
  /// - Throws: `badData` if a reader would refuse the archive, `ioError` if writing fails.
  @discardableResult
  public func finish(
    _ manifest: Manifest, verbatim: [UInt8]? = nil, filter: Filter, to descriptor: Int32,
    file: String
  ) throws(FedMedError) -> (identity: String, bytes: Int) {
    var manifest = manifest
    manifest.members = members
    // Never write an archive that a reader would refuse.
    do throws(FedMedError) {
      try manifest.validate()
    } catch {
      throw error.naming(file: file)
    }
    let json = verbatim ?? manifest.bytes
    if verbatim != nil {
      let kept = try Manifest(json: json)
      guard kept.members == members else {
        throw FedMedError(
          .badData, "its arrays are not stored as this tool stores them", file: file)
      }
    }
    let tar = try TarWriter(descriptor: descriptor, filter: filter, file: file)
    try tar.begin("manifest.json", size: json.count)
    let written = json.withUnsafeBytes { bytes in
      Result { () throws(FedMedError) in try tar.write(bytes) }
    }
    try written.get()
    var offset = 0
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { buffer.deallocate() }
    for member in members {
      try tar.begin(member.name, size: member.bytes)
      let end = offset + member.bytes
      while offset < end {
        let wanted = UnsafeMutableRawBufferPointer(
          rebasing: buffer[..<min(buffer.count, end - offset)])
        let count = try staged.read(into: wanted, from: offset)
        guard count > 0 else {
          throw FedMedError(.ioError, "a temporary file was truncated while being read", file: file)
        }
        try tar.write(UnsafeRawBufferPointer(rebasing: wanted[..<count]))
        offset += count
      }
    }
    return (SHA256.hexadecimal(SHA256.digest(json)), try tar.finish())
  }
}

/// A wrapper of libarchive's writer that checks every return code.
private final class TarWriter {
  private let archive: OpaquePointer
  private let entry: OpaquePointer
  private let file: String

  init(descriptor: Int32, filter: Filter, file: String) throws(FedMedError) {
    self.file = file
    guard let archive = archive_write_new(), let entry = archive_entry_new() else {
      throw FedMedError(.internalError, "out of memory")
    }
    self.archive = archive
    self.entry = entry
    try check(archive_write_set_format_pax_restricted(archive))
    switch filter {
    case .none: try check(archive_write_add_filter_none(archive))
    case .gzip:
      try check(archive_write_add_filter_gzip(archive))
      try check(archive_write_set_filter_option(archive, "gzip", "compression-level", "9"))
      try check(archive_write_set_filter_option(archive, "gzip", "timestamp", nil))
    case .zstd:
      try check(archive_write_add_filter_zstd(archive))
      try check(archive_write_set_filter_option(archive, "zstd", "compression-level", "19"))
    }
    // No padding after the end marker, so that any truncation is detected.
    try check(archive_write_set_bytes_per_block(archive, 1 << 16))
    try check(archive_write_set_bytes_in_last_block(archive, 1))
    try check(archive_write_open_fd(archive, descriptor))
  }

  deinit {
    archive_entry_free(entry)
    archive_write_free(archive)
  }

  func begin(_ name: String, size: Int) throws(FedMedError) {
    archive_entry_clear(entry)
    archive_entry_set_pathname(entry, name)
    archive_entry_set_size(entry, Int64(size))
    archive_entry_set_filetype(entry, 0o100000)
    archive_entry_set_perm(entry, 0o644)
    let time = getenv("SOURCE_DATE_EPOCH").flatMap { Int(String(cString: $0)) } ?? 0
    archive_entry_set_mtime(entry, time, 0)
    try check(archive_write_header(archive, entry))
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(FedMedError) {
    var rest = bytes
    while !rest.isEmpty {
      let count = archive_write_data(archive, rest.baseAddress, rest.count)
      guard count > 0 else { throw error() }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  func finish() throws(FedMedError) -> Int {
    try check(archive_write_close(archive))
    return Int(archive_filter_bytes(archive, -1))
  }

  private func check(_ status: Int32) throws(FedMedError) {
    guard status == ARCHIVE_OK else { throw error() }
  }

  private func error() -> FedMedError {
    let number = archive_errno(archive)
    guard number > 0 else {
      return FedMedError(.ioError, libarchiveReason(archive) ?? "cannot write", file: file)
    }
    return FedMedError(.ioError, errno: number, "write", file: file)
  }
}
