import FMArchive
import FMBase
import FMNumerics
import Glibc

/// The folder `SITE/answer` of an exchange, to which the site's account can write.
///
/// Whoever can write there may replace any file at any moment. So a file is opened without
/// following links, checked through its descriptor, and copied; only the copy is used.
package final class AnswerFolder {
  private let descriptor: Int32
  private let path: String

  /// Opens the folder of a site.
  /// - Parameter path: the exchange's folder; only the server can write to it and to the site's
  ///   folder.
  /// - Throws: `badData` if there is no such folder, or it cannot be entered.
  init(exchange path: String, site: String) throws(FedMedError) {
    self.path = "\(path)/\(site)/answer"
    descriptor = open(self.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw FedMedError(
        .badData, errno: errno, "open", file: self.path,
        hint: "fm-poll(1) shows how to create a site's folder")
    }
  }

  deinit { close(descriptor) }

  /// The path of a file in the folder, for messages.
  package func place(_ name: String) -> String { "\(path)/\(name)" }

  /// Copies a file.
  /// - Parameter limit: the largest allowed size in bytes.
  /// - Returns: the copy; `nil` if there is no file of that name.
  /// - Throws: `badData` if it is not a regular file, is too large, or cannot be read; `ioError` if
  ///   not enough memory for the copy.
  package func copy(_ name: String, limit: Int) throws(FedMedError) -> StagingFile? {
    let place = place(name)
    // Opening a pipe would otherwise block until somebody writes to it.
    let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw errno == ELOOP
        ? FedMedError(.badData, "not a regular file", file: place)
        : FedMedError(.badData, errno: errno, "open", file: place)
    }
    let source = ByteSource(descriptor: file, name: place)
    guard let size = source.size else {
      throw FedMedError(.badData, "not a regular file", file: place)
    }
    guard size <= limit else { throw source.tooLarge(limit) }
    let copy = try StagingFile()
    try copy.fill(from: source, limit: limit)
    return copy
  }

  /// Removes a file, a link or an empty folder if possible.
  package func remove(_ name: String) {
    if unlinkat(descriptor, name, 0) != 0 { unlinkat(descriptor, name, AT_REMOVEDIR) }
  }
}
