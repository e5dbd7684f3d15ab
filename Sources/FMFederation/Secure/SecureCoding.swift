import FMArchive
import FMBase
import FMMethods
import FMNumerics
import FMPrivacy

/// How the updates of a method become integers that can be summed under masks, and their sum a
/// model again.
///
/// Parameters are rounded to multiples of 2⁻²⁰, modulo 2³². Weighted by samples, each multiple is
/// taken times the number of samples, modulo 2⁵⁶, and the number is summed too. Statistics are
/// multiples of 2⁻²⁴ already, modulo 2⁵⁶.
struct SecureCoding {
  /// The number of units in 1.
  let scale: Double
  /// Whether integers are modulo 2⁵⁶.
  let isWide: Bool
  private let method: any FederatedMethod
  private let weights: AggregationWeights
  private let coding: FixedPointCoding

  /// - Throws: `usage` if the method's updates cannot be summed.
  init(
    _ method: any FederatedMethod, weights: AggregationWeights, sites: Int
  ) throws(FedMedError) {
    switch method.server {
    case .average: (scale, isWide) = (0x1p20, weights == .samples)
    case .sum:
      guard weights == .uniform else {
        throw FedMedError(.usage, "statistics are summed without weights")
      }
      (scale, isWide) = (IntegerTensor.unitsInOne, true)
    case .reduce:
      throw FedMedError(
        .usage, "secure aggregation cannot be combined with a method that learns from each update",
        hint: "the server sees only the sum of the updates")
    }
    (self.method, self.weights) = (method, weights)
    coding = FixedPointCoding(unitsInOne: scale, bits: isWide ? 56 : 32, sites: sites)
  }

  /// Adds the masked arrays of an update to an archive.
  /// - Throws: `badData` if a number is too large to be summed; `ioError` if writing fails.
  func write(
    _ update: ModelArchive, samples: Int, _ masking: UpdateMasking, to writer: ArchiveWriter
  ) throws(FedMedError) {
    var place = 0
    if isWide {
      let values = try masking.masked(wide(update, samples: samples))
      for shape in shapes {
        try writer.add(
          array: "\(shape.name).npy", .uint8, shape: shape.shape + [ElementCoding.wideBytes],
          bytes: ElementCoding.bytes(of: values[place..<place + shape.count]))
        place += shape.count
      }
      return
    }
    var values: [UInt32] = []
    for tensor in update.tensors { values += try coding.integers(tensor.values) }
    values = try masking.masked(values)
    for shape in shapes {
      try writer.add(
        array: "\(shape.name).npy", .uint32, shape: shape.shape,
        bytes: ElementCoding.bytes(of: values[place..<place + shape.count]))
      place += shape.count
    }
  }

  /// The integers of an update, if they are wide.
  private func wide(_ update: ModelArchive, samples: Int) throws(FedMedError) -> [UInt64] {
    var values: [Int64] = []
    if case .sum = method.server {
      var totals = update.totals
      if totals.isEmpty {
        for tensor in update.tensors { totals.append(try IntegerTensor(tensor)) }
      }
      values = totals.flatMap(\.values)
    } else {
      // The limit of one unit per sample leaves room for the product.
      let single = FixedPointCoding(unitsInOne: scale, bits: 32, sites: 1)
      for tensor in update.tensors {
        let units: [UInt32] = try single.integers(tensor.values)
        values += single.sum(units).map { $0 * Int64(samples) }
      }
      values.append(Int64(samples))
    }
    return try coding.integers(values)
  }

  /// The arrays of a masked update.
  private var shapes: Layout {
    method.sent + (weights == .samples ? [TensorShape("weight", [1])] : [])
  }

  /// The sum of `count` updates, unmasked.
  enum Sum {
    /// The mean of the updates' arrays, and the number of samples if it is their weight.
    case mean([Tensor], samples: Int?)
    case totals([IntegerTensor])
  }

  /// The signed integers of an unmasked vector.
  func integers(_ values: [UInt32]) -> [Int64] { coding.sum(values) }

  /// The signed integers of an unmasked vector.
  func integers(_ values: [UInt64]) -> [Int64] { coding.sum(values) }

  /// Makes the sum of an unmasked vector.
  /// - Throws: `badData` if the sum of the weights is impossible.
  func sum(_ values: [Int64], count: Int) throws(FedMedError) -> Sum {
    var (place, parts) = (0, [ArraySlice<Int64>]())
    for shape in shapes {
      parts.append(values[place..<place + shape.count])
      place += shape.count
    }
    if case .sum = method.server {
      return .totals(
        zip(method.sent, parts).map {
          IntegerTensor(name: $0.name, shape: $0.shape, values: Array($1))
        })
    }
    var divisor = scale * Double(count)
    var samples: Int?
    if weights == .samples {
      guard let total = parts.last?.first, total > 0 else {
        throw FedMedError(.badData, "the sum of the numbers of samples is not positive")
      }
      divisor = scale * Double(total)
      samples = Int(total)
    }
    return .mean(
      method.sent.tensors(
        parts.prefix(method.sent.count).map { $0.map { Float(Double($0) / divisor) } }),
      samples: samples)
  }
}
