import Foundation
import Testing

@testable import FMArchive
@testable import FMBase
@testable import FMNumerics

/// Reference values made with PyTorch, scikit-learn and flwr; see `Golden/README.md`.
enum Golden {
  /// An array of floats or integers, of any type that occurs in the files.
  struct Values {
    let shape: [Int]
    let values: [Double]

    var matrix: Matrix {
      Matrix(
        rows: shape.count == 1 ? 1 : shape[0], columns: shape.last ?? 1,
        elements: values.map { Float($0) })
    }
    init(shape: [Int], values: [Double]) { (self.shape, self.values) = (shape, values) }

    init(_ matrix: Matrix) {
      self.init(shape: [matrix.rows, matrix.columns], values: matrix.elements.map { Double($0) })
    }

    var integers: [Int] { values.map { Int($0) } }
  }

  static func url(_ path: String) throws -> URL {
    let folder = try #require(Bundle.module.url(forResource: "Golden", withExtension: nil))
    return folder.appendingPathComponent(path)
  }

  static func array(_ path: String) throws -> Values {
    let bytes = [UInt8](try Data(contentsOf: url("\(path).npy")))
    let length = try ArrayHeader.length(prefix: bytes)
    let header = try ArrayHeader(bytes: Array(bytes[..<length]))
    let data = bytes[length...]
    func read<T: BitwiseCopyable>(_ type: T.Type, _ convert: (T) -> Double) -> [Double] {
      data.withUnsafeBytes { raw in
        stride(from: 0, to: raw.count, by: MemoryLayout<T>.size).map {
          convert(raw.loadUnaligned(fromByteOffset: $0, as: T.self))
        }
      }
    }
    let values: [Double]
    switch header.descriptor {
    case "<f8": values = read(Double.self) { $0 }
    case "<f4": values = read(Float.self) { Double($0) }
    case "<i8": values = read(Int64.self) { Double($0) }
    case "<i4": values = read(Int32.self) { Double($0) }
    default: throw FedMedError(.badData, "unexpected \(header.descriptor)", file: path)
    }
    #expect(values.count == header.count)
    return Values(shape: header.shape, values: values)
  }

  static func json<Value: Decodable>(_ path: String) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(contentsOf: url(path)))
  }
}

/// The largest difference, relative to the largest expected value.
func relativeError(_ actual: Matrix, _ expected: Golden.Values) -> Double {
  guard actual.elements.count == expected.values.count else { return .infinity }
  let largest = expected.values.map(\.magnitude).max() ?? 0
  return absoluteError(actual, expected) / max(largest, 1e-300)
}

func absoluteError(_ actual: Matrix, _ expected: Golden.Values) -> Double {
  guard actual.elements.count == expected.values.count else { return .infinity }
  return zip(actual.elements, expected.values).map { abs(Double($0) - $1) }.max() ?? 0
}
