import FMBase

/// The name and the shape of an array, without its values.
public struct TensorShape: Equatable, Sendable {
  /// Without the `.npy` of its member's name in an archive.
  public let name: String
  public let shape: [Int]

  public init(_ name: String, _ shape: [Int]) {
    (self.name, self.shape) = (name, shape)
  }
}

/// Arrays in their order, as an archive holds them.
public typealias Layout = [TensorShape]

extension [Tensor] {
  /// Those whose names begin with `prefix`, without it.
  package func named(under prefix: String) -> [Tensor] {
    filter { $0.name.hasPrefix(prefix) }.map { tensor in
      var tensor = tensor
      tensor.name.removeFirst(prefix.count)
      return tensor
    }
  }
}

extension TensorShape {
  /// How many numbers it has.
  package var count: Int { shape.reduce(1, *) }
}

extension Layout {
  /// The arrays of this layout with these values, in its order.
  /// - Precondition: as many values for each array as it has numbers.
  package func tensors(_ values: [[Float]]) -> [Tensor] {
    precondition(values.count == count && zip(self, values).allSatisfy { $0.count == $1.count })
    return zip(self, values).map { Tensor(name: $0.name, shape: $0.shape, values: $1) }
  }

  /// The arrays of this layout, full of zeros.
  package func zeros() -> [Tensor] {
    tensors(map { [Float](repeating: 0, count: $0.count) })
  }

  /// Those of `tensors` that this layout names, in its order.
  /// - Throws: `badData` where one is missing or has another shape.
  package func select(from tensors: [Tensor]) throws(FedMedError) -> [Tensor] {
    var result: [Tensor] = []
    for entry in self {
      guard let tensor = tensors.first(where: { $0.name == entry.name }) else {
        throw FedMedError(.badData, "missing", place: "\(entry.name).npy")
      }
      guard tensor.shape == entry.shape else {
        throw FedMedError(
          .badData, "shape \(tensor.shape), expected \(entry.shape)", place: "\(entry.name).npy")
      }
      result.append(tensor)
    }
    return result
  }
}
