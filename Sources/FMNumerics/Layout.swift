import FMBase

/// The name and the shape of an array, without its values.
public struct TensorShape: Equatable, Sendable {
  /// The name, without the `.npy` of the archive member.
  public let name: String
  /// The extent of each dimension.
  public let shape: [Int]

  /// Creates a description of an array.
  public init(_ name: String, _ shape: [Int]) {
    (self.name, self.shape) = (name, shape)
  }
}

/// Names and shapes of arrays, in the order of an archive.
public typealias Layout = [TensorShape]

extension [Tensor] {
  /// Returns the arrays whose names begin with `prefix`, with the prefix removed.
  package func named(under prefix: String) -> [Tensor] {
    filter { $0.name.hasPrefix(prefix) }.map { tensor in
      var tensor = tensor
      tensor.name.removeFirst(prefix.count)
      return tensor
    }
  }
}

extension TensorShape {
  /// The number of elements.
  package var count: Int { shape.reduce(1, *) }
}

extension Layout {
  /// Returns the arrays of this layout, in its order, with the given values.
  /// - Precondition: each array has as many values as its shape has elements.
  package func tensors(_ values: [[Float]]) -> [Tensor] {
    precondition(values.count == count && zip(self, values).allSatisfy { $0.count == $1.count })
    return zip(self, values).map { Tensor(name: $0.name, shape: $0.shape, values: $1) }
  }

  /// Returns the arrays of this layout, filled with zeros.
  package func zeros() -> [Tensor] {
    tensors(map { [Float](repeating: 0, count: $0.count) })
  }

  /// Returns the arrays of this layout, in its order, taken from `tensors`.
  /// - Throws: `badData` if one is missing or has another shape.
  package func select(from tensors: [Tensor]) throws(FedMedError) -> [Tensor] {
    var result: [Tensor] = []
    for entry in self {
      guard let tensor = tensors.first(where: { $0.name == entry.name }) else {
        throw FedMedError(.badData, "missing", place: "\(entry.name).npy")
      }
      guard tensor.shape == entry.shape else {
        throw FedMedError(
          .badData, "expected shape \(entry.shape), found \(tensor.shape)",
          place: "\(entry.name).npy")
      }
      result.append(tensor)
    }
    return result
  }
}
