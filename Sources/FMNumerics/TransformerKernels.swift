import CProducts

/// The operations of a transformer layer on rows of matrices, except for linear maps and attention.
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
            guard let x = x.baseAddress else { return }
            rows_normalize(
              x + rows.lowerBound * width, y.baseAddress, rows.count, width, weight.baseAddress,
              bias.baseAddress, epsilon)
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
    precondition(rows.upperBound <= x.rows && y.rows == rows.count && x.columns == y.columns)
    let width = x.columns
    x.withMutableElements { x in
      y.withElements { y in
        scale.withElements { scale in
          guard let x = x.baseAddress else { return }
          rows_add_scaled(
            x + rows.lowerBound * width, y.baseAddress, rows.count, width, scale.baseAddress)
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
    let width = x.columns
    x.withMutableElements { x in
      guard let x = x.baseAddress else { return }
      let (start, count) = (x + rows.lowerBound * width, rows.count * width)
      switch function {
      case .gelu: rows_gelu(start, count)
      case .tanhGELU: rows_tanh_gelu(start, count)
      case .quickGELU: rows_quick_gelu(start, count)
      case .swiGLU, nil: break
      }
    }
  }

  /// y = silu(a) ⊙ b, where a and b are the two halves of each row of x: x [n, 2 w], y [n, w].
  package static func gate(_ x: Matrix, into y: inout Matrix) {
    precondition(x.rows == y.rows && x.columns == 2 * y.columns)
    let (rows, width) = (y.rows, y.columns)
    x.withElements { x in
      y.withMutableElements { y in
        rows_swiglu(x.baseAddress, y.baseAddress, rows, width)
      }
    }
  }
}
