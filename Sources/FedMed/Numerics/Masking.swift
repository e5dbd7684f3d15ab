/// The arithmetic of a masked linear layer over whole matrices: everything but its products.
enum Masking {
  /// u_i = mean_j |W_ij|: w [n, m], result [n].
  static func meanMagnitudes(_ w: Matrix, into u: inout [Float]) {
    let width = w.columns
    w.withElements { w in
      u.withUnsafeMutableBufferPointer { u in
        Parallel.forEachBlock(of: u.count) { rows in
          for row in rows {
            let values = UnsafeBufferPointer(rebasing: w[row * width..<(row + 1) * width])
            u[row] = Sums.magnitudes(values) / Float(width)
          }
        }
      }
    }
  }

  /// a += b on each row, then y = a ⊙ m with exact zeros where the mask is off.
  /// a, y [B, n], bias [1, n], mask [n], 1 or 0.
  static func addBiasAndMask(
    _ a: inout Matrix, bias: Matrix, mask: [Float], into y: inout Matrix
  ) {
    let width = a.columns
    bias.withElements { bias in
      a.withMutableElements { a in
        y.withMutableElements { y in
          mask.withUnsafeBufferPointer { mask in
            Parallel.forEachColumns(of: width) { i in
              let (b, isOff) = (bias.lanes(at: i), mask.lanes(at: i) .== 0)
              for start in stride(from: 0, to: a.count, by: width) {
                let value = a.lanes(at: start + i, before: start + width) + b
                a.store(value, at: start + i, before: start + width)
                y.store(
                  value.replacing(with: 0, where: isOff), at: start + i, before: start + width)
              }
            }
          }
        }
      }
    }
  }

  /// The backward of `addBiasAndMask`: `gradient` [B, n] leaves masked; `sums` [1, n] receives its
  /// masked column sums (the bias's gradient); `maskGradient` [n] receives dm_i = Σ_b dy_bi a_bi,
  /// which is Σ_j G_ij W_ij + g_i b_i because a = W x + b.
  static func maskBackward(
    _ gradient: inout Matrix, preactivation a: Matrix, mask: [Float], sums: inout Matrix,
    maskGradient: inout [Float]
  ) {
    let width = gradient.columns
    a.withElements { a in
      gradient.withMutableElements { g in
        sums.withMutableElements { sums in
          maskGradient.withUnsafeMutableBufferPointer { dm in
            mask.withUnsafeBufferPointer { mask in
              Parallel.forEachColumns(of: width) { i in
                let isOff = mask.lanes(at: i) .== 0
                var (sum, product) = (Lanes.zero, Lanes.zero)
                for start in stride(from: 0, to: g.count, by: width) {
                  let slope = g.lanes(at: start + i, before: start + width)
                  product += slope * a.lanes(at: start + i, before: start + width)
                  let masked = slope.replacing(with: 0, where: isOff)
                  sum += masked
                  g.store(masked, at: start + i, before: start + width)
                }
                dm.store(product, at: i)
                sums.store(sum, at: i)
              }
            }
          }
        }
      }
    }
  }
}
