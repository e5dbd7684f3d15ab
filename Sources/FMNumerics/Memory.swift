import CLanes

/// How the process gets memory.
public enum Memory {
  /// Keeps memory for arrays of up to 32 MB once the process has had it. They come and go with every update and
  /// every batch; to give them back to the system in between, and have them cleared again, takes half of the time
  /// of a sum of many updates. Where that is refused, it still does.
  public static func keep() {
    _ = mallopt(M_MMAP_THRESHOLD, 32 << 20)
    _ = mallopt(M_TRIM_THRESHOLD, 256 << 20)
  }
}
