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

  /// x += b for each row: x [n, w], b [1, w].
  package static func addBias(_ x: inout Matrix, _ bias: Matrix) {
    let width = x.columns
    x.withMutableElements { x in
      bias.withElements { bias in
        for start in stride(from: 0, to: x.count, by: width) {
          for i in 0..<width { x[start + i] += bias[i] }
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

  /// GELU after adding b to each row: x ← x Φ(x), where Φ is the standard normal distribution
  /// function.
  package static func gelu(_ x: inout Matrix, bias: Matrix) {
    update(&x, bias: bias) { 0.5 * $0 * (1 + ($0 * 0.707_106_78).errorFunction()) }
  }

  /// The sigmoid approximation of GELU, after adding b to each row: x ← x σ(1.702 x).
  package static func quickGELU(_ x: inout Matrix, bias: Matrix) {
    update(&x, bias: bias) { $0 / (1 + ($0 * -1.702).exponential()) }
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

  /// softmax(Q Kᵀ / √d) V for each sequence and head.
  /// - Parameters:
  ///   - qkv: queries, keys and values side by side [n · tokens, 3 w].
  ///   - tokens: the length of a sequence.
  ///   - isCausal: whether a token attends only to itself and earlier ones.
  ///   - scores: scratch space [tokens, tokens].
  ///   - output: the heads side by side [n · tokens, w].
  package static func attention(
    _ qkv: Matrix, tokens: Int, heads: Int, isCausal: Bool, scores: inout Matrix,
    into output: inout Matrix
  ) {
    let (width, stride) = (output.columns, qkv.columns)
    let size = width / heads
    let scale = 1 / Float(size).squareRoot()
    qkv.withElements { qkv in
      output.withMutableElements { output in
        guard let input = qkv.baseAddress, let output = output.baseAddress else { return }
        for sequence in 0..<(qkv.count / stride / tokens) {
          for head in 0..<heads {
            let start = input + sequence * tokens * stride + head * size
            let query = BLAS.Operand(start: start, stride: stride)
            let key = BLAS.Operand(start: start + width, stride: stride, isTransposed: true)
            let value = BLAS.Operand(start: start + 2 * width, stride: stride)
            scores.withMutableElements { s in
              BLAS.product(
                query, key, rows: tokens, columns: tokens, inner: size, scale: scale,
                into: s.baseAddress, stride: tokens)
              if isCausal {
                for row in 0..<tokens {
                  for column in row + 1..<max(tokens, row + 1) {
                    s[row * tokens + column] = -.infinity
                  }
                }
              }
            }
            scores.softmaxRows()
            scores.withElements { s in
              BLAS.product(
                BLAS.Operand(start: s.baseAddress, stride: tokens), value, rows: tokens,
                columns: size, inner: tokens,
                into: output + sequence * tokens * width + head * size,
                stride: width)
            }
          }
        }
      }
    }
  }
}
