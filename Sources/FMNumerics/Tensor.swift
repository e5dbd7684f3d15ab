import FMBase

/// A named array of floats, as archives store it.
public struct Tensor: Equatable, Sendable {
  /// The name, without the `.npy` of the archive member, such as `fam/layer1.weight`.
  public var name: String
  /// The extent of each dimension.
  public var shape: [Int]
  /// All values in row-major order.
  public var values: [Float]

  /// Creates an array.
  public init(name: String, shape: [Int], values: [Float]) {
    self.name = name
    self.shape = shape
    self.values = values
  }
}

/// Arrays, looked up by name.
public struct TensorTable: Sendable {
  private let tensors: [String: Tensor]

  /// Creates a table; the first one counts if several arrays have the same name.
  public init(_ tensors: [Tensor]) {
    self.tensors = Dictionary(
      tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Returns the array with that name and shape as a matrix; a vector becomes one row.
  /// - Throws: `badData` if it is missing or has another shape.
  public func matrix(_ name: String, shape: [Int]) throws(FedMedError) -> Matrix {
    guard let tensor = tensors[name] else {
      throw FedMedError(.badData, "missing", place: "\(name).npy")
    }
    guard tensor.shape == shape else {
      throw FedMedError(
        .badData, "expected shape \(shape), found \(tensor.shape)", place: "\(name).npy")
    }
    return Matrix(
      rows: shape.count == 1 ? 1 : shape[0], columns: shape.last ?? 0, elements: tensor.values)
  }
}
