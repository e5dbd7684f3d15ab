import Foundation
import Testing

@testable import FMArchive

struct ArrayHeaderTests {
  /// Headers are equal, byte for byte, to those that NumPy wrote to the golden files.
  @Test(arguments: [
    "train/features", "train/labels", "train/first/kl_weight", "aggregate/a", "metrics/confusion",
  ])
  func writesTheSameHeaderAsNumPy(path: String) throws {
    let bytes = [UInt8](try Data(contentsOf: Golden.url("\(path).npy")))
    let length = try ArrayHeader.length(prefix: bytes)
    let head = Array(bytes[..<length])
    let header = try ArrayHeader(bytes: head)
    // NumPy writes the shape of a scalar as (), which does not occur in archives.
    if !header.shape.isEmpty { #expect(header.bytes == head) }
  }

  @Test(arguments: [[1], [512], [512, 512], [3, 4, 5], [1_000_000_000, 512]])
  func readsTheHeaderBack(shape: [Int]) throws {
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
  func refusesMalformedHeaders(text: String) {
    let count = text.utf8.count
    let bytes: [UInt8] =
      [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(count), 0] + Array(text.utf8)
    #expect(failure { _ = try ArrayHeader(bytes: bytes) }?.code == .badData)
  }

  /// Text from a file cannot add lines to a message.
  @Test func printsKeysOnOneLine() {
    let text = "{'a\nb': 1}"
    let bytes: [UInt8] =
      [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.utf8.count), 0] + Array(text.utf8)
    #expect(failure { _ = try ArrayHeader(bytes: bytes) }?.description.contains("\n") == false)
  }

  @Test func refusesOtherFormatsAndVersions() {
    #expect(failure { _ = try ArrayHeader.length(prefix: Array("NUMPY".utf8)) } != nil)
    #expect(
      failure {
        _ = try ArrayHeader.length(prefix: [0x93] + Array("NUMPY".utf8) + [2, 0, 0, 0])
      }?.reason == "version 2.0 of the .npy format, expected 1.0")
  }
}
