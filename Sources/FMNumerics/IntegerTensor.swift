import FMBase

/// A named array of 64-bit integers, as archives hold exact totals: numbers in units of 2⁻²⁴, whose sum does
/// not depend on order or grouping.
public struct IntegerTensor: Equatable, Sendable {
  /// Without the `.npy` of its member's name.
  public let name: String
  public let shape: [Int]
  public private(set) var values: [Int64]

  /// How many units are one.
  package static let unitsInOne = 0x1p24

  /// - Precondition: as many values as the shape has elements.
  public init(name: String, shape: [Int], values: [Int64]) {
    precondition(values.count == shape.reduce(1, *))
    (self.name, self.shape, self.values) = (name, shape, values)
  }

  /// An array of zeros.
  package init(_ shape: TensorShape) {
    self.init(
      name: shape.name, shape: shape.shape, values: [Int64](repeating: 0, count: shape.count))
  }

  /// The numbers of an array of floats.
  /// - Throws: `badData` where one is no multiple of 2⁻²⁴, or too large to be summed.
  public init(_ tensor: Tensor) throws(FedMedError) {
    var values: [Int64] = []
    values.reserveCapacity(tensor.values.count)
    for value in tensor.values {
      let units = Double(value) * Self.unitsInOne
      // A whole number below 2⁶² survives the way through an integer.
      guard units.magnitude < 0x1p62, Double(Int64(units)) == units else {
        throw FedMedError(
          .badData, "\(value) is not a multiple of 2^-24 below 2^38", place: "\(tensor.name).npy")
      }
      values.append(Int64(units))
    }
    self.init(name: tensor.name, shape: tensor.shape, values: values)
  }

  /// The numbers in double precision.
  package var doubles: [Double] { values.map { Double($0) / Self.unitsInOne } }

  /// Adds another array, or subtracts it.
  /// - Throws: `badData` where a sum does not fit, or a shape is another one.
  package mutating func add(_ other: IntegerTensor, subtracting: Bool = false) throws(FedMedError) {
    guard name == other.name, shape == other.shape else {
      throw FedMedError(
        .badData, "shape \(other.shape), expected \(shape)", place: "\(other.name).npy")
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
