/// Memory that is aligned to the lines of the cache, as kernels need it. Copies share it: whoever writes
/// takes care that it is the only owner.
struct AlignedMemory: @unchecked Sendable {
  private final class Storage {
    let start: UnsafeMutableRawPointer
    let bytes: Int

    init(bytes: Int) {
      self.bytes = bytes
      start = .allocate(byteCount: max(bytes, 1), alignment: 64)
    }

    deinit { start.deallocate() }
  }

  private var storage: Storage

  /// The first byte.
  var start: UnsafeMutableRawPointer { storage.start }
  /// The size.
  var bytes: Int { storage.bytes }

  /// Creates memory with undefined content.
  init(bytes: Int) { storage = Storage(bytes: bytes) }

  /// Makes room for a number of bytes of which no copy knows. The content becomes undefined.
  mutating func reserve(_ bytes: Int) {
    if bytes > storage.bytes || !isKnownUniquelyReferenced(&storage) {
      storage = Storage(bytes: max(bytes, storage.bytes))
    }
  }
}
