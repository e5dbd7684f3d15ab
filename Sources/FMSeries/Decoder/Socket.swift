import Glibc

/// Reading and writing of a whole number of bytes.
enum Socket {
  /// Returns the next `count` bytes; `nil` if the other side has gone.
  static func read(_ count: Int, from socket: Int32) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let step = bytes.withUnsafeMutableBytes {
        recv(socket, $0.baseAddress?.advanced(by: filled), count - filled, 0)
      }
      if step < 0 && errno == EINTR { continue }
      guard step > 0 else { return nil }
      filled += step
    }
    return bytes
  }

  /// Writes the bytes.
  /// - Returns: whether the other side took them.
  static func write(_ bytes: [UInt8], to socket: Int32) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let step = bytes.withUnsafeBytes {
        // Without a signal if the other side has gone.
        send(
          socket, $0.baseAddress?.advanced(by: sent), bytes.count - sent,
          Int32(MSG_NOSIGNAL))
      }
      if step < 0 && errno == EINTR { continue }
      guard step > 0 else { return false }
      sent += step
    }
    return true
  }
}
