import Glibc

/// A time as ISO 8601 writes it, in UTC, such as `2026-11-27T14:05:00Z`.
/// - Parameter seconds: since 1970.
public func utcTime(_ seconds: Int) -> String {
  var (time, parts) = (time_t(seconds), tm())
  guard gmtime_r(&time, &parts) != nil else { return "\(seconds)" }
  func padded(_ value: Int32, _ digits: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(digits - text.count, 0)) + text
  }
  let date =
    "\(padded(parts.tm_year + 1900, 4))-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
  return
    "\(date)T\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))Z"
}
