import FMArchive
import FMBase
import FMNumerics
import Glibc

/// The folder `SITE/answer` of an exchange, which the site's account can write to.
///
/// Whatever is in it may be replaced at any moment by whoever can write there. So a file is opened without
/// following links, looked at through its descriptor, and copied from there; what counts is the copy.
package final class AnswerFolder {
  private let descriptor: Int32
  private let path: String

  /// - Parameter path: the exchange's folder; it and the site's folder are the server's own.
  /// - Throws: `badData` where there is no such folder, or it cannot be entered.
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

  /// What messages call a file in it.
  package func place(_ name: String) -> String { "\(path)/\(name)" }

  /// A copy of a file.
  /// - Parameter limit: the most bytes it may have.
  /// - Returns: nil where there is nothing of that name.
  /// - Throws: `badData` where it is not a plain file, is too large, or cannot be read; `ioError` where
  ///   there is no room for the copy.
  package func copy(_ name: String, limit: Int) throws(FedMedError) -> StagingFile? {
    let place = place(name)
    // A pipe would wait for somebody to write into it.
    let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw errno == ELOOP
        ? FedMedError(.badData, "not a plain file", file: place)
        : FedMedError(.badData, errno: errno, "open", file: place)
    }
    let source = ByteSource(descriptor: file, name: place)
    guard let size = source.size else {
      throw FedMedError(.badData, "not a plain file", file: place)
    }
    guard size <= limit else { throw source.tooLarge(limit) }
    let copy = try StagingFile()
    try copy.fill(from: source, limit: limit)
    return copy
  }

  /// Removes a file, a link or an empty folder; what cannot be removed stays.
  package func remove(_ name: String) {
    if unlinkat(descriptor, name, 0) != 0 { unlinkat(descriptor, name, AT_REMOVEDIR) }
  }
}
