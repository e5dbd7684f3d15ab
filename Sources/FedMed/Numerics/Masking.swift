/// The arithmetic of a masked linear layer over whole matrices: everything but its products.
enum Masking {
  /// u_i = mean_j |W_ij|: w [n, m], result [n].
  static func meanMagnitudes(_ w: Matrix, into u: inout [Float]) {
    let width = w.columns
    w.withElements { w in
      for row in 0..<u.count {
        let sum = Sums.magnitudes(UnsafeBufferPointer(rebasing: w[row * width..<(row + 1) * width]))
        u[row] = sum / Float(width)
      }
    }
  }

  /// a += b on each row, then y = a ⊙ m with exact zeros where the mask is off.
  /// a, y [B, n], bias [1, n], mask [n].
  static func addBiasAndMask(
    _ a: inout Matrix, bias: Matrix, mask: [Bool], into y: inout Matrix
  ) {
    let width = a.columns
    bias.withElements { bias in
      a.withMutableElements { a in
        y.withMutableElements { y in
          mask.withUnsafeBufferPointer { mask in
            for start in stride(from: 0, to: a.count, by: width) {
              for i in 0..<width {
                let value = a[start + i] + bias[i]
                a[start + i] = value
                y[start + i] = mask[i] ? value : 0
              }
            }
          }
        }
      }
    }
  }

  /// The backward of `addBiasAndMask`: `gradient` [B, n] leaves masked; `sums` [1, n] receives its
  /// masked column sums (the bias's gradient); `mask` [n] receives dm_i = Σ_b dy_bi a_bi, which
  /// is Σ_j G_ij W_ij + g_i b_i because a = W x + b.
  static func maskBackward(
    _ gradient: inout Matrix, preactivation a: Matrix, mask: [Bool], sums: inout Matrix,
    maskGradient: inout [Float]
  ) {
    let width = gradient.columns
    sums.fill(0)
    a.withElements { a in
      gradient.withMutableElements { g in
        sums.withMutableElements { sums in
          maskGradient.withUnsafeMutableBufferPointer { dm in
            mask.withUnsafeBufferPointer { mask in
              dm.update(repeating: 0)
              for start in stride(from: 0, to: g.count, by: width) {
                for i in 0..<width {
                  dm[i] += g[start + i] * a[start + i]
                  g[start + i] = mask[i] ? g[start + i] : 0
                  sums[i] += g[start + i]
                }
              }
            }
          }
        }
      }
    }
  }
}
