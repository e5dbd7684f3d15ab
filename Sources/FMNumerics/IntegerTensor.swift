import FMBase

/// A named array of 64-bit integers in units of 2⁻²⁴, in which archives store exact totals: their
/// sum does not depend on order or grouping.
public struct IntegerTensor: Equatable, Sendable {
  /// The name, without the `.npy` of the archive member.
  public let name: String
  /// The extent of each dimension.
  public let shape: [Int]
  /// All values in row-major order, in units of 2⁻²⁴.
  public private(set) var values: [Int64]

  /// The number of units in 1.
  package static let unitsInOne = 0x1p24

  /// Creates an array from values in units of 2⁻²⁴.
  /// - Precondition: there are as many values as the shape has elements.
  public init(name: String, shape: [Int], values: [Int64]) {
    precondition(values.count == shape.reduce(1, *))
    (self.name, self.shape, self.values) = (name, shape, values)
  }

  /// Creates an array of zeros.
  package init(_ shape: TensorShape) {
    self.init(
      name: shape.name, shape: shape.shape, values: [Int64](repeating: 0, count: shape.count))
  }

  /// Converts an array of floats exactly.
  /// - Throws: `badData` if a value is not a multiple of 2⁻²⁴ or is 2³⁸ or more.
  public init(_ tensor: Tensor) throws(FedMedError) {
    var values: [Int64] = []
    values.reserveCapacity(tensor.values.count)
    for value in tensor.values {
      let units = Double(value) * Self.unitsInOne
      // An integral value below 2⁶² survives the conversion to `Int64` and back.
      guard units.magnitude < 0x1p62, Double(Int64(units)) == units else {
        throw FedMedError(
          .badData, "\(value) is not a multiple of 2^-24 below 2^38", place: "\(tensor.name).npy")
      }
      values.append(Int64(units))
    }
    self.init(name: tensor.name, shape: tensor.shape, values: values)
  }

  /// The values in double precision.
  package var doubles: [Double] { values.map { Double($0) / Self.unitsInOne } }

  /// Adds another array, or subtracts it.
  /// - Throws: `badData` if a name or shape differs, or a sum overflows.
  package mutating func add(_ other: IntegerTensor, subtracting: Bool = false) throws(FedMedError) {
    guard name == other.name, shape == other.shape else {
      throw FedMedError(
        .badData, "expected shape \(shape), found \(other.shape)", place: "\(other.name).npy")
    }
    for i in values.indices {
      let (sum, overflow) =
        subtracting
        ? values[i].subtractingReportingOverflow(other.values[i])
        : values[i].addingReportingOverflow(other.values[i])
      guard !overflow else {
        throw FedMedError(.badData, "the sum overflows 64 bits", place: "\(name).npy")
      }
      values[i] = sum
    }
  }
}
