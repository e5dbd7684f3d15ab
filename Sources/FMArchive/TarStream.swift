import CArchive
import FMBase
import FMNumerics

/// Reads the members of a tar from any program sequentially, with libarchive.
package final class TarStream {
  /// A member's header.
  package struct Entry {
    /// The type of a member; `other` covers links and devices.
    package enum Kind { case file, folder, other }

    package let name: String
    package let size: Int
    package let kind: Kind
  }

  package let stream: DecompressedStream
  private let archive: OpaquePointer
  private var failure: FedMedError?
  private let file: String

  /// Opens a tar archive.
  /// - Parameter isZip: whether it is a zip archive instead, as NumPy's `.npz` files are.
  package init(_ stream: DecompressedStream, isZip: Bool = false, file: String) throws(FedMedError)
  {
    self.stream = stream
    self.file = file
    guard let archive = archive_read_new() else {
      throw FedMedError(.internalError, "out of memory")
    }
    self.archive = archive
    let opened =
      isZip ? archive_read_support_format_zip(archive) : archive_read_support_format_tar(archive)
    guard opened == ARCHIVE_OK,
      archive_read_open(
        archive, Unmanaged.passUnretained(self).toOpaque(), nil,
        { _, context, block in
          guard let context else { return -1 }
          return Unmanaged<TarStream>.fromOpaque(context).takeUnretainedValue().fill(block)
        }, nil) == ARCHIVE_OK
    else { throw error(place: nil) }
  }

  deinit { archive_read_free(archive) }

  /// The header of the next member; `nil` at the end of the tar.
  /// - Throws: `badData` if it has no name, or the tar is malformed.
  package func next() throws(FedMedError) -> Entry? {
    var entry: OpaquePointer?
    let status = archive_read_next_header(archive, &entry)
    if status == ARCHIVE_EOF { return nil }
    guard status == ARCHIVE_OK else { throw error(place: nil) }
    guard let raw = archive_entry_pathname(entry) else {
      throw FedMedError(.badData, "a member has no name", file: file)
    }
    // Invalid UTF-8 is replaced by U+FFFD.
    let name = String(cString: raw)
    let isPlain =
      archive_entry_filetype(entry) == 0o100000 && archive_entry_hardlink(entry) == nil
      && archive_entry_symlink(entry) == nil && archive_entry_size_is_set(entry) != 0
    let isFolder = archive_entry_filetype(entry) == 0o040000
    return Entry(
      name: name, size: isPlain ? Int(archive_entry_size(entry)) : 0,
      kind: isPlain ? .file : isFolder ? .folder : .other)
  }

  /// Fills `buffer` with the next bytes of the member; fewer only at its end.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer, place: String
  ) throws(FedMedError) -> Int {
    var filled = 0
    while filled < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      let count = archive_read_data(archive, rest.baseAddress, rest.count)
      guard count >= 0 else { throw error(place: place) }
      if count == 0 { break }
      filled += count
    }
    return filled
  }

  /// Reads to the end of the source; nothing may follow the end marker of the tar.
  /// - Throws: `badData` if anything follows, or the end marker is missing.
  package func finish() throws(FedMedError) {
    // The position at which libarchive tried to read another header: right after the last member.
    let end = Int(archive_read_header_position(archive))
    while try stream.next() != nil {}
    let mark = stream.position - end
    guard mark >= 1024 else {
      throw FedMedError(.badData, "truncated: missing end marker", file: file)
    }
    guard stream.trailingZeros >= mark else {
      throw FedMedError(.badData, "unexpected data after the last member", file: file)
    }
  }

  private func fill(_ block: UnsafeMutablePointer<UnsafeRawPointer?>?) -> Int {
    do throws(FedMedError) {
      let bytes = try stream.next()
      block?.pointee = bytes?.baseAddress
      return bytes?.count ?? 0
    } catch {
      failure = error
      return -1
    }
  }

  private func error(place: String?) -> FedMedError {
    if let failure { return failure }
    let reason = libarchiveReason(archive) ?? "corrupted"
    let isForeign = reason.hasPrefix("unrecognized archive format")
    return FedMedError(
      .badData, isForeign ? "not a tar archive" : reason, file: file, place: place)
  }
}

/// libarchive's last error message, in lower case and without a full stop; `nil` if it gives none.
func libarchiveReason(_ archive: OpaquePointer) -> String? {
  guard let text = archive_error_string(archive) else { return nil }
  let reason = String(cString: text).lowercased()
  return reason.hasSuffix(".") ? String(reason.dropLast()) : reason
}
