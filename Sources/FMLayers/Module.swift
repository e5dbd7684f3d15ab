import FMBase
import FMNumerics

/// A trained array with its gradient. Vectors are matrices of one row.
public struct Parameter: Sendable {
  public var value: Matrix
  /// Of the last backward pass; the same shape as the value.
  public var gradient: Matrix
  /// Whether it is an array of one dimension when it is stored.
  public let isVector: Bool

  /// A matrix [rows, columns].
  public init(_ value: Matrix) {
    self.value = value
    gradient = Matrix(rows: value.rows, columns: value.columns)
    isVector = false
  }

  /// A vector [count].
  public init(vector: Matrix) {
    value = vector
    gradient = Matrix(rows: 1, columns: vector.columns)
    isVector = true
  }

  /// The shape in an archive.
  public var shape: [Int] { isVector ? [value.columns] : [value.rows, value.columns] }
}

/// A part of the network: the arrays that AdamW trains, and all arrays that an archive holds.
public protocol Module: Sendable {
  /// Calls `body` with every trained parameter, always in the same order.
  mutating func forEachParameter(_ body: (inout Parameter) -> Void)

  /// Every array of the module with its name in an archive, in archive order.
  func tensors() -> [Tensor]

  /// Takes every array of the module from `tensors`.
  /// - Throws: `badData` where one is missing or has another shape.
  mutating func load(_ tensors: TensorTable) throws(FedMedError)
}

/// A module that a network has or has not.
extension Optional: Module where Wrapped: Module {
  public mutating func forEachParameter(_ body: (inout Parameter) -> Void) {
    self?.forEachParameter(body)
  }

  public func tensors() -> [Tensor] { self?.tensors() ?? [] }

  public mutating func load(_ tensors: TensorTable) throws(FedMedError) {
    try self?.load(tensors)
  }
}

extension Tensor {
  package init(_ name: String, _ parameter: Parameter) {
    self.init(name: name, shape: parameter.shape, values: parameter.value.elements)
  }
}

extension TensorTable {
  package func load(_ name: String, into parameter: inout Parameter) throws(FedMedError) {
    parameter.value = try matrix(name, shape: parameter.shape)
  }
}
