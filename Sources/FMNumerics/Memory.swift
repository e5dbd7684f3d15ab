import CLanes

/// Settings of the memory allocator.
public enum Memory {
  /// Keeps freed memory for reuse, for arrays of up to 32 MB. Every update and every batch
  /// allocates and frees such arrays; returning the memory to the system and having it cleared
  /// again takes half of the time of a sum of many updates. If the allocator refuses the setting,
  /// the program is only slower.
  public static func keep() {
    _ = mallopt(M_MMAP_THRESHOLD, 32 << 20)
    _ = mallopt(M_TRIM_THRESHOLD, 256 << 20)
  }
}
