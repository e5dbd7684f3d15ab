/// The operations of a transformer layer on whole matrices, except for the linear maps.
package enum TransformerKernels {
  /// y = (x − mean) / √(variance + ε) ⊙ γ + β for some rows: x [_, w], y [n, w], γ and β [1, w].
  /// - Parameter rows: the rows of x.
  package static func layerNorm(
    _ x: Matrix, rows: Range<Int>, weight: Matrix, bias: Matrix, epsilon: Float,
    into y: inout Matrix
  ) {
    precondition(rows.upperBound <= x.rows && y.rows == rows.count && x.columns == y.columns)
    let width = x.columns
    x.withElements { x in
      weight.withElements { weight in
        bias.withElements { bias in
          y.withMutableElements { y in
            for row in rows {
              let y = y.row(row - rows.lowerBound, of: width)
              _ = y.update(fromContentsOf: x.row(row, of: width))
              let scale = 1 / (Sums.center(y) + epsilon).squareRoot()
              y.fill { y.lanes(at: $0) * scale * weight.lanes(at: $0) + bias.lanes(at: $0) }
            }
          }
        }
      }
    }
  }

  /// x += b for some rows: x [_, w], b [1, w].
  static func addBias(_ x: inout Matrix, rows: Range<Int>, _ bias: Matrix) {
    let width = x.columns
    x.withMutableElements { x in
      bias.withElements { bias in
        for row in rows {
          let x = x.row(row, of: width)
          x.fill { x.lanes(at: $0) + bias.lanes(at: $0) }
        }
      }
    }
  }

  /// x += s ⊙ y for some rows of x: x [_, w], y [n, w], s [1, w].
  static func addScaled(_ x: inout Matrix, rows: Range<Int>, _ y: Matrix, scale: Matrix) {
    let width = x.columns
    x.withMutableElements { x in
      y.withElements { y in
        scale.withElements { scale in
          for row in rows {
            let (x, y) = (x.row(row, of: width), y.row(row - rows.lowerBound, of: width))
            x.fill { x.lanes(at: $0) + scale.lanes(at: $0) * y.lanes(at: $0) }
          }
        }
      }
    }
  }

  /// The function between the two linear maps of a layer.
  package enum HiddenActivation: Sendable {
    /// x Φ(x), where Φ is the standard normal distribution function.
    case gelu
    /// GELU with Φ(x) ≈ (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2.
    case tanhGELU
    /// GELU with Φ(x) ≈ σ(1.702 x).
    case quickGELU
    /// silu(a) ⊙ b with silu(a) = a σ(a), where a and b are the two halves of a row.
    case swiGLU

    /// Whether one half of a row gates the other.
    package var isGated: Bool { self == .swiGLU }
  }

  /// x ← f(x) for some rows of x [_, w]; nothing for a gated function or `nil`.
  static func activate(_ x: inout Matrix, rows: Range<Int>, _ function: HiddenActivation?) {
    switch function {
    case .gelu:
      update(&x, rows) { 0.5 * $0 * (1 + ($0 * 0.707_106_78).errorFunction()) }
    case .tanhGELU:
      // (1 + tanh(u)) / 2 = σ(2 u).
      update(&x, rows) {
        $0 / (1 + ($0 * (-1.595_769_12 - 0.071_354_816 * $0 * $0)).exponential())
      }
    case .quickGELU:
      update(&x, rows) { $0 / (1 + ($0 * -1.702).exponential()) }
    case .swiGLU, nil: break
    }
  }

  /// y = silu(a) ⊙ b, where a and b are the two halves of each row of x: x [n, 2 w], y [n, w].
  package static func gate(_ x: Matrix, into y: inout Matrix) {
    let (rows, width) = (x.rows, y.columns)
    x.withElements { x in
      y.withMutableElements { y in
        for row in 0..<rows {
          let (a, b) = (x.row(2 * row, of: width), x.row(2 * row + 1, of: width))
          y.row(row, of: width).fill {
            let gate = a.lanes(at: $0)
            return gate / (1 + (-gate).exponential()) * b.lanes(at: $0)
          }
        }
      }
    }
  }

  @inline(__always)
  private static func update(_ x: inout Matrix, _ rows: Range<Int>, _ f: (Lanes) -> Lanes) {
    let width = x.columns
    x.withMutableElements { x in
      // Rows are contiguous.
      let own = UnsafeMutableBufferPointer(
        rebasing: x[rows.lowerBound * width..<rows.upperBound * width])
      own.fill { f(own.lanes(at: $0)) }
    }
  }
}
