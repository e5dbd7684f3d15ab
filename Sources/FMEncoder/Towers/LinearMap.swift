import FMBase
import FMNumerics

/// The tensors of a linear map. Maps with the same input are stacked: queries, keys and values, or the
/// two halves of a gated layer.
struct LinearNames: Sendable {
  /// The full names of the weights and of the biases; a bias that is `nil` is zero.
  let parts: [(weight: String, bias: String?)]

  init(parts: [(weight: String, bias: String?)]) { self.parts = parts }

  /// The usual names: `.weight` and `.bias` behind a common name.
  init(_ names: String..., hasBias: Bool = true) {
    parts = names.map { ("\($0).weight", hasBias ? "\($0).bias" : nil) }
  }
}

extension FrozenLinear {
  /// Reads a map.
  /// - Throws: `badData` if a tensor is missing or has another number of elements.
  init(
    _ names: LinearNames, outputs: Int, inputs: Int, from checkpoint: Checkpoint,
    precision: Precision = .float32
  ) throws(FedMedError) {
    self.init(outputs: outputs, inputs: inputs, precision: precision)
    try check(names, in: checkpoint)
    try load(names, from: checkpoint)
  }

  /// Checks that a map's tensors exist and have the expected sizes.
  /// - Throws: `badData` with the name of the tensor that is missing or has another size.
  func check(_ names: LinearNames, in checkpoint: Checkpoint) throws(FedMedError) {
    let rows = outputs / names.parts.count
    for part in names.parts {
      try checkpoint.check(part.weight, count: rows * inputs, first: rows)
      if let bias = part.bias { try checkpoint.check(bias, count: rows) }
    }
  }

  /// Reads a map's tensors.
  /// - Throws: `badData` if a tensor is missing or has another number of elements.
  mutating func load(_ names: LinearNames, from checkpoint: Checkpoint) throws(FedMedError) {
    let rows = outputs / names.parts.count
    var weight = Matrix(rows: outputs, columns: inputs)
    // As a matrix, so that each part's bias is one row; together they are contiguous.
    var bias = Matrix(rows: names.parts.count, columns: rows)
    for (index, part) in names.parts.enumerated() {
      try checkpoint.read(part.weight, into: &weight, rows: index * rows..<(index + 1) * rows)
      if let name = part.bias { try checkpoint.read(name, into: &bias, rows: index..<index + 1) }
    }
    set(weight: weight, bias: Matrix(vector: bias.elements))
  }
}
