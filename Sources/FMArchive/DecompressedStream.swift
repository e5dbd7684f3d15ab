import CArchive
import FMBase
import FMNumerics

/// The decompressed bytes of a source; libarchive detects gzip and zstd.
///
/// This stage is separate from the tar reader, so that the compressed stream is read and checked to
/// its very end, and anything after the last member is seen.
package final class DecompressedStream {
  private let source: ByteSource
  private let archive: OpaquePointer
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
  private var failure: FedMedError?
  /// The number of bytes returned so far.
  private(set) var position = 0
  /// The number of zero bytes at the end of them.
  private(set) var trailingZeros = 0
  /// The most bytes to return; the caller sets it once the expected size is known.
  package var limit = 1 << 26

  /// Begins to decompress `source`.
  /// - Throws: `badData` if it is empty or corrupted, `ioError` if reading fails.
  package init(_ source: ByteSource) throws(FedMedError) {
    self.source = source
    guard try !source.peek(1).isEmpty else {
      throw FedMedError(.badData, "empty file", file: source.name)
    }
    guard let archive = archive_read_new() else {
      throw FedMedError(.internalError, "out of memory")
    }
    self.archive = archive
    guard archive_read_support_filter_gzip(archive) == ARCHIVE_OK,
      archive_read_support_filter_zstd(archive) == ARCHIVE_OK,
      archive_read_support_format_raw(archive) == ARCHIVE_OK
    else { throw FedMedError(.internalError, "libarchive was built without gzip or zstd") }
    let opened = archive_read_open(
      archive, Unmanaged.passUnretained(self).toOpaque(), nil,
      { _, context, block in
        guard let context else { return -1 }
        return Unmanaged<DecompressedStream>.fromOpaque(context).takeUnretainedValue().fill(block)
      }, nil)
    var entry: OpaquePointer?
    guard opened == ARCHIVE_OK, archive_read_next_header(archive, &entry) == ARCHIVE_OK else {
      throw error()
    }
  }

  deinit {
    archive_read_free(archive)
    buffer.deallocate()
  }

  /// The next bytes, valid until the next call; `nil` at the end.
  /// - Throws: `badData` if the compressed data are corrupted or decompress to more than `limit`
  ///   bytes; `ioError` if reading fails.
  package func next() throws(FedMedError) -> UnsafeRawBufferPointer? {
    var start: UnsafeRawPointer?
    var count = 0
    var offset: Int64 = 0
    repeat {
      let status = archive_read_data_block(archive, &start, &count, &offset)
      if status == ARCHIVE_EOF {
        try checkEnd()
        return nil
      }
      guard status == ARCHIVE_OK else { throw error() }
    } while count == 0
    let block = UnsafeRawBufferPointer(start: start, count: count)
    position += count
    guard position <= limit else {
      throw FedMedError(.badData, "larger than declared", file: source.name)
    }
    let zeros = block.reversed().prefix { $0 == 0 }.count
    trailingZeros = zeros == count ? trailingZeros + count : zeros
    return block
  }

  /// Nothing may follow the compressed data.
  private func checkEnd() throws(FedMedError) {
    while try !source.read(upTo: 1 << 16).isEmpty {}
    guard archive_filter_bytes(archive, -1) == source.bytesRead else {
      throw FedMedError(.badData, "unexpected data after the compressed data", file: source.name)
    }
  }

  private func fill(_ block: UnsafeMutablePointer<UnsafeRawPointer?>?) -> Int {
    block?.pointee = UnsafeRawPointer(buffer.baseAddress)
    do throws(FedMedError) {
      return try source.read(into: buffer)
    } catch {
      failure = error
      return -1
    }
  }

  private func error() -> FedMedError {
    failure
      ?? FedMedError(
        .badData,
        libarchiveReason(archive) ?? "corrupted",
        file: source.name)
  }
}
