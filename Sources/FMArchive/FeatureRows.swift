import FMBase
import FMNumerics

/// The feature matrix [N, D] of an archive, one row per sample: in memory, or in a file if it is
/// too large for memory.
public struct FeatureRows: Sendable {
  private enum Storage: Sendable {
    case memory([UInt8])
    /// Rows at byte offsets of a file.
    case file(StagingFile, offsets: [Int])
  }

  /// The element type: float16 or float32.
  public let elementType: ElementType
  /// D, the number of features per sample.
  public let dimension: Int
  private let storage: Storage

  /// Creates rows in memory.
  /// - Parameter bytes: little-endian elements, a whole number of rows.
  public init(_ bytes: [UInt8], as elementType: ElementType, dimension: Int) {
    (self.elementType, self.dimension) = (elementType, dimension)
    storage = .memory(bytes)
  }

  /// Creates rows in a file, each at its byte offset.
  package init(_ file: StagingFile, offsets: [Int], as elementType: ElementType, dimension: Int) {
    (self.elementType, self.dimension) = (elementType, dimension)
    storage = .file(file, offsets: offsets)
  }

  /// The size of a row in bytes.
  private var stride: Int { dimension * (elementType.size ?? 0) }

  /// Passes the rows at `indices` to `body`, one after the other.
  /// - Throws: `ioError` if the file cannot be read; any error that `body` throws.
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

  /// The features of the samples at `indices` [n, D], in single precision.
  /// - Throws: `ioError` if they are in a file that cannot be read.
  public func matrix(_ indices: [Int]) throws(FedMedError) -> Matrix {
    var values: [Float] = []
    values.reserveCapacity(indices.count * dimension)
    try forEach(indices) { ElementCoding.decode($0, as: elementType, into: &values) }
    return Matrix(rows: indices.count, columns: dimension, elements: values)
  }

  /// Joins rows of several matrices in memory.
  /// - Parameter order: the matrix and the row of each row of the result.
  /// - Throws: `ioError` if they are in a file that cannot be read.
  /// - Precondition: all have the same type and dimension.
  package init(
    joining parts: [FeatureRows], order: [(part: Int, row: Int)]
  ) throws(FedMedError) {
    precondition(
      Set(parts.map(\.dimension)).count == 1 && Set(parts.map(\.elementType)).count == 1)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(order.count * parts[0].stride)
    for place in order {
      try parts[place.part].forEach([place.row]) { bytes += $0 }
    }
    self.init(bytes, as: parts[0].elementType, dimension: parts[0].dimension)
  }

  /// The rows at `indices`, in that order.
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

  /// Adds all rows to an archive as one array.
  /// - Throws: `ioError` if reading or writing a file fails.
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
