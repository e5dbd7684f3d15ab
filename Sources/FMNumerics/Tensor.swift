import FMBase

/// A named array of floats, as archives hold it.
public struct Tensor: Equatable, Sendable {
  /// Without the `.npy` of its member's name: `fam/layer1.weight`.
  public var name: String
  public var shape: [Int]
  public var values: [Float]

  public init(name: String, shape: [Int], values: [Float]) {
    self.name = name
    self.shape = shape
    self.values = values
  }
}

/// Arrays by name.
public struct TensorTable: Sendable {
  private let tensors: [String: Tensor]

  public init(_ tensors: [Tensor]) {
    self.tensors = Dictionary(
      tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The array of that name and shape, as a matrix (a vector as one row).
  /// - Throws: `badData` where it is missing or has another shape.
  public func matrix(_ name: String, shape: [Int]) throws(FedMedError) -> Matrix {
    guard let tensor = tensors[name] else {
      throw FedMedError(.badData, "missing", place: "\(name).npy")
    }
    guard tensor.shape == shape else {
      throw FedMedError(
        .badData, "shape \(tensor.shape), expected \(shape)", place: "\(name).npy")
    }
    return Matrix(
      rows: shape.count == 1 ? 1 : shape[0], columns: shape.last ?? 0, elements: tensor.values)
  }
}
