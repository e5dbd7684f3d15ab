import Foundation
import Testing

@testable import FMArchive

struct ArrayHeaderTests {
  /// Byte for byte what NumPy wrote into the golden files.
  @Test(arguments: [
    "train/features", "train/labels", "train/first/kl_weight", "aggregate/a", "metrics/confusion",
  ])
  func headIsNumPys(path: String) throws {
    let bytes = [UInt8](try Data(contentsOf: Golden.url("\(path).npy")))
    let length = try ArrayHeader.length(prefix: bytes)
    let head = Array(bytes[..<length])
    let header = try ArrayHeader(bytes: head)
    // NumPy writes a scalar's shape as (), which no archive has.
    if !header.shape.isEmpty { #expect(header.bytes == head) }
  }

  @Test(arguments: [[1], [512], [512, 512], [3, 4, 5], [1_000_000_000, 512]])
  func headIsReadBack(shape: [Int]) throws {
    let header = ArrayHeader(descriptor: "<f4", shape: shape)
    #expect(header.bytes.count % 64 == 0)
    #expect(try ArrayHeader(bytes: header.bytes) == header)
  }

  @Test(arguments: [
    "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2, -3), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
    "{'descr': '<f4', 'fortran_order': False}",
    "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), } x",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}",
    "{'descr': '<f4, 'fortran_order': False, 'shape': (2,), }",
    "{", "", "(", "{'descr'", "{'descr':", "{'shape': (",
  ])
  func malformedHeadIsRefused(text: String) {
    let count = text.utf8.count
    let bytes: [UInt8] =
      [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(count), 0] + Array(text.utf8)
    #expect(failure { _ = try ArrayHeader(bytes: bytes) }?.code == .badData)
  }

  /// What stands in a file makes no line of its own in a message.
  @Test func keysArePrintedOnOneLine() {
    let text = "{'a\nb': 1}"
    let bytes: [UInt8] =
      [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.utf8.count), 0] + Array(text.utf8)
    #expect(failure { _ = try ArrayHeader(bytes: bytes) }?.description.contains("\n") == false)
  }

  @Test func foreignMagicAndVersionsAreRefused() {
    #expect(failure { _ = try ArrayHeader.length(prefix: Array("NUMPY".utf8)) } != nil)
    #expect(
      failure {
        _ = try ArrayHeader.length(prefix: [0x93] + Array("NUMPY".utf8) + [2, 0, 0, 0])
      }?.reason == "version 2.0 of the .npy format, expected 1.0")
  }
}
