import FMBase
import FMNumerics

/// The features of samples [N, D], a row each, as an archive has them: in memory, or in a file where
/// they would be too many.
public struct FeatureRows: Sendable {
  private enum Storage: Sendable {
    case memory([UInt8])
    /// Rows at these places of a file.
    case file(StagingFile, offsets: [Int])
  }

  /// float16 or float32.
  public let elementType: ElementType
  /// D.
  public let dimension: Int
  private let storage: Storage

  /// Rows in memory.
  /// - Parameter bytes: little endian, a whole number of rows.
  public init(_ bytes: [UInt8], as elementType: ElementType, dimension: Int) {
    (self.elementType, self.dimension) = (elementType, dimension)
    storage = .memory(bytes)
  }

  /// Rows in a file.
  package init(_ file: StagingFile, offsets: [Int], as elementType: ElementType, dimension: Int) {
    (self.elementType, self.dimension) = (elementType, dimension)
    storage = .file(file, offsets: offsets)
  }

  /// The bytes of a row.
  private var stride: Int { dimension * (elementType.size ?? 0) }

  /// Gives the rows named by `indices` to `body`, one after the other.
  /// - Throws: `ioError` where a file cannot be read, and what `body` throws.
  private func forEach(
    _ indices: [Int], _ body: (UnsafeRawBufferPointer) throws(FedMedError) -> Void
  ) throws(FedMedError) {
    func give(_ bytes: [UInt8], _ start: Int) throws(FedMedError) {
      try bytes.withUnsafeBytes { bytes in
        Result { () throws(FedMedError) in
          try body(UnsafeRawBufferPointer(rebasing: bytes[start..<start + stride]))
        }
      }.get()
    }
    switch storage {
    case .memory(let bytes): for index in indices { try give(bytes, index * stride) }
    case .file(let file, let offsets):
      for index in indices { try give(file.bytes(stride, from: offsets[index]), 0) }
    }
  }

  /// The features of some samples [n, D], in single precision.
  /// - Throws: `ioError` where they are in a file that cannot be read.
  public func matrix(_ indices: [Int]) throws(FedMedError) -> Matrix {
    var values: [Float] = []
    values.reserveCapacity(indices.count * dimension)
    try forEach(indices) { ElementCoding.decode($0, as: elementType, into: &values) }
    return Matrix(rows: indices.count, columns: dimension, elements: values)
  }

  /// The rows named by `indices`, in that order.
  public func gathering(_ indices: [Int]) -> FeatureRows {
    switch storage {
    case .memory(let bytes):
      var rows: [UInt8] = []
      rows.reserveCapacity(indices.count * stride)
      for index in indices { rows += bytes[index * stride..<(index + 1) * stride] }
      return FeatureRows(rows, as: elementType, dimension: dimension)
    case .file(let file, let offsets):
      return FeatureRows(
        file, offsets: indices.map { offsets[$0] }, as: elementType, dimension: dimension)
    }
  }

  /// Adds all rows to an archive, as an array.
  package func write(_ name: String, to writer: ArchiveWriter) throws(FedMedError) {
    switch storage {
    case .memory(let bytes):
      try writer.add(
        array: name, elementType, shape: [bytes.count / stride, dimension], bytes: bytes)
    case .file(_, let offsets):
      try writer.add(
        array: name, elementType, shape: [offsets.count, dimension]
      ) { append throws(FedMedError) in
        try forEach(Array(offsets.indices), append)
      }
    }
  }
}
