import FMNumerics

/// The operations of a masked linear layer other than its matrix products.
enum Masking {
  /// u_i = mean_j |W_ij|: w [n, m], u [n].
  static func meanMagnitudes(_ w: Matrix, into u: inout [Float]) {
    let width = w.columns
    w.withElements { w in
      u.withUnsafeMutableBufferPointer { u in
        Parallel.forEachBlock(of: u.count) { rows in
          for row in rows { u[row] = Sums.magnitudes(w.row(row, of: width)) / Float(width) }
        }
      }
    }
  }

  /// dW_ij = factor_i sign(W_ij), the gradient of W through u: w and dw [n, m], factors [n].
  static func signs(of w: Matrix, times factors: [Float], into dw: inout Matrix) {
    let width = w.columns
    dw.withMutableElements { dw in
      w.withElements { w in
        Parallel.forEachBlock(of: factors.count) { rows in
          for row in rows {
            let (own, w) = (dw.row(row, of: width), w.row(row, of: width))
            own.fill { w.lanes(at: $0).signs(times: factors[row]) }
          }
        }
      }
    }
  }

  /// Calls `body` with the output of a layer with products `a` [B, n], `bias` [1, n] and `mask`
  /// [n], whose elements are 1 or 0.
  static func withOutput(
    _ a: Matrix, bias: Matrix, mask: [Float], _ body: (MaskedOutput) -> Void
  ) {
    Elements.read(a, bias) { products, bias in
      mask.withUnsafeBufferPointer { mask in
        body(
          MaskedOutput(rows: a.rows, width: a.columns, products: products, bias: bias, mask: mask))
      }
    }
  }

  /// Writes the output to y [B, n].
  static func store(_ output: MaskedOutput, into y: inout Matrix) {
    let width = output.width
    y.withMutableElements { y in
      Parallel.forEachColumns(of: width) { i in
        for row in 0..<output.rows {
          y.store(
            output.lanes(row: row, column: i), at: row * width + i, before: (row + 1) * width)
        }
      }
    }
  }

  /// The backward pass from dy [B, n] to da, in place; `slopes` stores the gradients of bias and
  /// mask.
  static func backward(_ gradient: inout Matrix, slopes: MaskedSlopes) {
    let (rows, width) = (gradient.rows, gradient.columns)
    gradient.withMutableElements { g in
      Parallel.forEachColumns(of: width) { i in
        var column = slopes.column(i)
        for row in 0..<rows {
          let (at, end) = (row * width + i, (row + 1) * width)
          g.store(column.masked(g.lanes(at: at, before: end), row: row), at: at, before: end)
        }
        column.finish()
      }
    }
  }

  /// Calls `body` with the backward pass of `output`, which stores its sums in `biasGradient` [1,
  /// n] and `maskGradient` [n].
  static func withSlopes(
    _ output: MaskedOutput, biasGradient: inout Matrix, maskGradient: inout [Float],
    _ body: (MaskedSlopes) -> Void
  ) {
    biasGradient.withMutableElements { db in
      maskGradient.withUnsafeMutableBufferPointer { dm in
        body(MaskedSlopes(output: output, biasGradient: db, maskGradient: dm))
      }
    }
  }
}

/// The output of a masked layer, y = (a + b) ⊙ m, computed on the fly; exactly 0 if the mask is
/// off.
package struct MaskedOutput {
  /// B, the number of samples.
  let rows: Int
  /// n, the number of outputs.
  let width: Int
  fileprivate let products: UnsafeBufferPointer<Float>  // a [B, n]
  fileprivate let bias: UnsafeBufferPointer<Float>  // b [n]
  fileprivate let mask: UnsafeBufferPointer<Float>  // m [n]

  /// Sixteen elements of a row, from `column` on.
  @inline(__always)
  func lanes(row: Int, column: Int) -> Lanes {
    unmasked(row: row, column: column)
      .replacing(with: 0, where: mask.lanes(at: column) .== 0)
  }

  /// Writes a row to `y`.
  @inline(__always)
  func store(row: Int, into y: UnsafeMutableBufferPointer<Float>) {
    y.fill { lanes(row: row, column: $0) }
  }

  @inline(__always)
  fileprivate func unmasked(row: Int, column: Int) -> Lanes {
    products.lanes(at: row * width + column, before: (row + 1) * width) + bias.lanes(at: column)
  }
}

/// The backward pass of a masked layer's output: da = dy ⊙ m, db = Σ_b da, and
/// dm_i = Σ_b dy_bi (a + b)_bi, which equals Σ_j G_ij W_ij + g_i b_i because a = W x.
package struct MaskedSlopes {
  fileprivate let output: MaskedOutput
  fileprivate let biasGradient: UnsafeMutableBufferPointer<Float>  // [n]
  fileprivate let maskGradient: UnsafeMutableBufferPointer<Float>  // [n]

  /// The backward pass of sixteen columns, row by row.
  struct Column {
    private let slopes: MaskedSlopes
    private let index: Int
    private let isOff: SIMDMask<SIMD16<Int32>>
    private var sum = Lanes.zero
    private var product = Lanes.zero

    @inline(__always)
    fileprivate init(_ slopes: MaskedSlopes, index: Int) {
      self.slopes = slopes
      self.index = index
      isOff = slopes.output.mask.lanes(at: index) .== 0
    }

    /// Returns da of a row for its dy, and adds to the sums.
    @inline(__always)
    mutating func masked(_ slope: Lanes, row: Int) -> Lanes {
      product += slope * slopes.output.unmasked(row: row, column: index)
      let masked = slope.replacing(with: 0, where: isOff)
      sum += masked
      return masked
    }

    /// Stores the sums; call it after the last row.
    @inline(__always)
    func finish() {
      slopes.biasGradient.store(sum, at: index)
      slopes.maskGradient.store(product, at: index)
    }
  }

  @inline(__always)
  func column(_ index: Int) -> Column { Column(self, index: index) }
}
