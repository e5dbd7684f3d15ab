import CArchive
import FMBase
import FMNumerics

/// The members of any program's tar, one after the other, by libarchive.
package final class TarStream {
  /// A member as the tar has it.
  package struct Entry {
    package enum Kind { case file, folder, other }

    package let name: String
    package let size: Int
    package let kind: Kind
  }

  package let stream: DecompressedStream
  private let archive: OpaquePointer
  private var failure: FedMedError?
  private let file: String

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

  /// The header of the next member; nil at the end of the tar.
  /// - Throws: `badData` where it has no name, or the tar is damaged.
  package func next() throws(FedMedError) -> Entry? {
    var entry: OpaquePointer?
    let status = archive_read_next_header(archive, &entry)
    if status == ARCHIVE_EOF { return nil }
    guard status == ARCHIVE_OK else { throw error(place: nil) }
    guard let raw = archive_entry_pathname(entry) else {
      throw FedMedError(.badData, "a member has no name", file: file)
    }
    // What is not UTF-8 is spelled with marks for what cannot be read.
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

  /// Reads on to the end of the source, where there must be the end mark of a tar and no more.
  package func finish() throws(FedMedError) {
    // Where the last attempt to read a head began: right behind the last member.
    let end = Int(archive_read_header_position(archive))
    while try stream.next() != nil {}
    let mark = stream.position - end
    guard mark >= 1024 else {
      throw FedMedError(.badData, "truncated: the end mark is missing", file: file)
    }
    guard stream.trailingZeros >= mark else {
      throw FedMedError(.badData, "something follows the last member", file: file)
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
    let reason = libarchiveReason(archive) ?? "damaged"
    let isForeign = reason.hasPrefix("unrecognized archive format")
    return FedMedError(
      .badData, isForeign ? "not a tar archive" : reason, file: file, place: place)
  }
}

/// What libarchive says of its last failure, in the form of our messages.
func libarchiveReason(_ archive: OpaquePointer) -> String? {
  guard let text = archive_error_string(archive) else { return nil }
  let reason = String(cString: text).lowercased()
  return reason.hasSuffix(".") ? String(reason.dropLast()) : reason
}
