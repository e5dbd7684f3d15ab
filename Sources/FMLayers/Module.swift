import FMBase
import FMNumerics

/// A trained array with its gradient. Vectors are stored as matrices with one row.
public struct Parameter: Sendable {
  /// The current value.
  public var value: Matrix
  /// The gradient of the last backward pass, with the shape of `value`.
  public var gradient: Matrix
  /// Whether the array has one dimension in an archive.
  public let isVector: Bool

  /// Creates a parameter [rows, columns] with zero gradient.
  public init(_ value: Matrix) {
    self.value = value
    gradient = Matrix(rows: value.rows, columns: value.columns)
    isVector = false
  }

  /// Creates a parameter [count] with zero gradient.
  /// - Parameter vector: a matrix with one row.
  public init(vector: Matrix) {
    value = vector
    gradient = Matrix(rows: 1, columns: vector.columns)
    isVector = true
  }

  /// The shape in an archive.
  public var shape: [Int] { isVector ? [value.columns] : [value.rows, value.columns] }
}

/// A part of a network: parameters that an optimizer trains, and all arrays that an archive stores.
public protocol Module: Sendable {
  /// Calls `body` with every parameter, always in the same order.
  mutating func forEachParameter(_ body: (inout Parameter) -> Void)

  /// All arrays of the module by their names in an archive, in archive order.
  func tensors() -> [Tensor]

  /// Reads all arrays of the module from `tensors`.
  /// - Throws: `badData` if one is missing or has another shape.
  mutating func load(_ tensors: TensorTable) throws(FedMedError)
}

/// An optional module; `nil` has no parameters and no arrays.
extension Optional: Module where Wrapped: Module {
  /// Calls `body` with every parameter of the module, if any.
  public mutating func forEachParameter(_ body: (inout Parameter) -> Void) {
    self?.forEachParameter(body)
  }

  /// The arrays of the module; empty if there is none.
  public func tensors() -> [Tensor] { self?.tensors() ?? [] }

  /// Reads the arrays of the module, if any.
  /// - Throws: `badData` if one is missing or has another shape.
  public mutating func load(_ tensors: TensorTable) throws(FedMedError) {
    try self?.load(tensors)
  }
}

extension Tensor {
  /// A named array with the value of a parameter.
  package init(_ name: String, _ parameter: Parameter) {
    self.init(name: name, shape: parameter.shape, values: parameter.value.elements)
  }
}

extension TensorTable {
  /// Sets the value of a parameter to the named array.
  /// - Throws: `badData` if it is missing or has another shape.
  package func load(_ name: String, into parameter: inout Parameter) throws(FedMedError) {
    parameter.value = try matrix(name, shape: parameter.shape)
  }
}
