import CProducts

/// A linear map whose weights do not change: y = x Wᵀ + b, with x [n, k], W [m, k] and b [1, m]. The
/// weights are packed once for all products; without AVX-512, OpenBLAS multiplies.
///
/// A row of the result depends on that row of x only, to the bit.
package struct FrozenLinear: Sendable {
  /// m, the number of outputs.
  package let outputs: Int
  /// k, the number of inputs.
  package let inputs: Int
  private let precision: Precision
  private var weights: Weights
  private var bias: Matrix

  private enum Weights: Sendable {
    case packed(AlignedMemory)
    case plain(Matrix)
  }

  /// The number of rows that are multiplied at a time: then the weights are read from the cache.
  package static let blockRows = Int(PRODUCT_BLOCK_ROWS)

  /// Creates a map without weights.
  /// - Precondition: the processor supports the precision.
  package init(outputs: Int, inputs: Int, precision: Precision) {
    (self.outputs, self.inputs, self.precision) = (outputs, inputs, precision)
    bias = Matrix(rows: 1, columns: outputs)
    weights =
      precision.isAccelerated
      ? .packed(AlignedMemory(bytes: 0))
      : .plain(Matrix(rows: 0, columns: inputs))
  }

  /// Sets the weights [m, k] and the bias [1, m].
  package mutating func set(weight: Matrix, bias: Matrix) {
    precondition(weight.rows == outputs && weight.columns == inputs && bias.columns == outputs)
    self.bias = bias
    guard case .packed(var memory) = weights else {
      weights = .plain(weight)
      return
    }
    // Another copy of this map may still multiply with the old weights.
    weights = .plain(Matrix(rows: 0, columns: 0))
    memory.reserve(product_packed_bytes(precision.kernel, outputs, inputs))
    weight.withElements {
      product_pack(precision.kernel, outputs, inputs, $0.baseAddress, inputs, memory.start)
    }
    weights = .packed(memory)
  }

  /// Scratch space for products, which grows on demand; threads need one each.
  package struct Room: Sendable {
    fileprivate var memory = AlignedMemory(bytes: 0)
    fileprivate var sums = Matrix(rows: 0, columns: 0)

    /// Creates empty scratch space.
    package init() {}
  }

  /// y = f(x Wᵀ + b) for some rows.
  /// - Parameters:
  ///   - x: as many rows as `rows` [_, k].
  ///   - rows: the rows of `y` [_, m] to set; `nil` for all.
  package func apply(
    _ x: Matrix, into y: inout Matrix, rows: Range<Int>? = nil,
    activation: TransformerKernels.HiddenActivation? = nil, room: inout Room
  ) {
    let rows = rows ?? 0..<y.rows
    precondition(
      x.columns == inputs && y.columns == outputs && x.rows == rows.count
        && rows.upperBound <= y.rows)
    multiply(x, from: 0, into: &y, rows, &room)
    TransformerKernels.activate(&y, rows: rows, activation)
  }

  /// Returns x Wᵀ + b.
  package func applied(to x: Matrix) -> Matrix {
    var (y, room) = (Matrix(rows: x.rows, columns: outputs), Room())
    apply(x, into: &y, room: &room)
    return y
  }

  /// y += s ⊙ (x Wᵀ + b) for some rows, with s [1, m].
  /// - Parameters:
  ///   - first: the first row of `x` [_, k] to take.
  ///   - rows: the rows of `y` [_, m] to change.
  package func add(
    _ x: Matrix, from first: Int = 0, scale: Matrix, to y: inout Matrix, rows: Range<Int>,
    room: inout Room
  ) {
    precondition(x.columns == inputs && y.columns == outputs && first + rows.count <= x.rows)
    if room.sums.columns != outputs { room.sums = Matrix(rows: 0, columns: outputs) }
    room.sums.resize(rows: rows.count)
    var sums = room.sums
    room.sums = Matrix(rows: 0, columns: 0)
    multiply(x, from: first, into: &sums, 0..<rows.count, &room)
    TransformerKernels.addScaled(&y, rows: rows, sums, scale: scale)
    room.sums = sums
  }

  /// Sets some rows of `y` to those of x Wᵀ + b from row `first` of x on.
  private func multiply(
    _ x: Matrix, from first: Int, into y: inout Matrix, _ rows: Range<Int>, _ room: inout Room
  ) {
    let start = rows.lowerBound * outputs
    switch weights {
    case .packed(let packed):
      let needed = product_scratch_bytes(precision.kernel, rows.count, inputs)
      room.memory.reserve(needed)
      x.withElements { x in
        bias.withElements { bias in
          y.withMutableElements { y in
            guard let source = x.baseAddress, let target = y.baseAddress, !rows.isEmpty else {
              return
            }
            product_run(
              precision.kernel, rows.count, outputs, inputs, source + first * inputs, inputs,
              packed.start, bias.baseAddress, target + start, outputs, room.memory.start)
          }
        }
      }
    case .plain(let weight):
      x.withElements { x in
        weight.withElements { weight in
          y.withMutableElements { y in
            guard let source = x.baseAddress, let target = y.baseAddress, !rows.isEmpty else {
              return
            }
            BLAS.product(
              BLAS.Operand(start: source + first * inputs, stride: inputs),
              BLAS.Operand(start: weight.baseAddress, stride: inputs, isTransposed: true),
              rows: rows.count, columns: outputs, inner: inputs, into: target + start,
              stride: outputs)
          }
        }
      }
      TransformerKernels.addBias(&y, rows: rows, bias)
    }
  }
}
