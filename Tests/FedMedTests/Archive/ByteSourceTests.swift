import Foundation
import Testing

@testable import FMArchive
@testable import FMBase
@testable import FMEncoder
@testable import FMFederation
@testable import FMMethods

/// Sizes are checked before content is read: a huge sparse file takes neither time nor memory.
struct ByteSourceTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func sparse(_ size: UInt64) throws -> String {
    let path = try folder.write("sparse", [])
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try handle.truncate(atOffset: size)
    try handle.close()
    return path
  }

  @Test(.timeLimit(.minutes(1))) func refusesSparseFilesWithoutReadingThem() throws {
    let path = try sparse(1 << 43)
    let limit = 1 << 36
    #expect(
      failure { _ = try ByteSource(path: path).text(limit: limit) }?.description
        == "\(path): larger than \(limit) bytes")
    #expect(
      failure { _ = try SHA256.hexadecimal(of: ByteSource(path: path), limit: limit) }?.code
        == .badData)
    #expect(failure { _ = try StagingFile(archive: ByteSource(path: path)) }?.code == .badData)
    #expect(failure { _ = try ArchiveCheck.check(path: path) }?.code == .badData)
    #expect(failure { _ = try SafeTensors(path: path) }?.code == .badData)
    let image = ImageFile(name: path, mark: "", content: .file(path: path))
    #expect(failure { _ = try image.bytes() }?.code == .badData)
  }

  /// Zero bytes are refused even if the limit allows a gigabyte.
  @Test func refusesZeroBytesAsText() throws {
    let path = try sparse(1 << 29)
    #expect(
      failure { _ = try ByteSource(path: path).text(limit: 1 << 30) }?.reason
        == "not UTF-8 text: it contains a zero byte")
  }
}
