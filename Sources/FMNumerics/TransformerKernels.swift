/// The operations of a transformer layer on whole matrices, except for the linear maps.
package enum TransformerKernels {
  /// y = (x − mean) / √(variance + ε) ⊙ γ + β for each row: x, y [n, w], γ and β [1, w].
  package static func layerNorm(
    _ x: Matrix, weight: Matrix, bias: Matrix, epsilon: Float, into y: inout Matrix
  ) {
    let (rows, width) = (x.rows, x.columns)
    x.withElements { x in
      weight.withElements { weight in
        bias.withElements { bias in
          y.withMutableElements { y in
            for row in 0..<rows {
              let y = y.row(row, of: width)
              _ = y.update(fromContentsOf: x.row(row, of: width))
              let scale = 1 / (Sums.center(y) + epsilon).squareRoot()
              for i in 0..<width { y[i] = y[i] * scale * weight[i] + bias[i] }
            }
          }
        }
      }
    }
  }

  /// x += s ⊙ (y + b) for each row: x, y [n, w], s and b [1, w].
  package static func addScaled(_ x: inout Matrix, _ y: Matrix, bias: Matrix, scale: Matrix) {
    let width = x.columns
    x.withMutableElements { x in
      y.withElements { y in
        bias.withElements { bias in
          scale.withElements { scale in
            for start in stride(from: 0, to: x.count, by: width) {
              for i in 0..<width { x[start + i] += scale[i] * (y[start + i] + bias[i]) }
            }
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

  /// x ← f(x + b) for each row: x [n, w], b [1, w]. For a gated function or `nil`, only b is added.
  static func activate(_ x: inout Matrix, bias: Matrix, _ function: HiddenActivation?) {
    switch function {
    case .gelu:
      update(&x, bias: bias) { 0.5 * $0 * (1 + ($0 * 0.707_106_78).errorFunction()) }
    case .tanhGELU:
      // (1 + tanh(u)) / 2 = σ(2 u).
      update(&x, bias: bias) {
        $0 / (1 + ($0 * (-1.595_769_12 - 0.071_354_816 * $0 * $0)).exponential())
      }
    case .quickGELU:
      update(&x, bias: bias) { $0 / (1 + ($0 * -1.702).exponential()) }
    case .swiGLU, nil: update(&x, bias: bias) { $0 }
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
  private static func update(_ x: inout Matrix, bias: Matrix, _ f: (Lanes) -> Lanes) {
    let width = x.columns
    x.withMutableElements { x in
      bias.withElements { bias in
        for start in stride(from: 0, to: x.count, by: width) {
          let row = UnsafeMutableBufferPointer(rebasing: x[start..<start + width])
          row.fill { f(row.lanes(at: $0) + bias.lanes(at: $0)) }
        }
      }
    }
  }
}
