/// Attention of transformers.
extension TransformerKernels {
  /// The number of queries whose scores are in memory at a time.
  private static let queryBlock = 128

  /// softmax(Q Kᵀ / √d) V for each sequence and head. Memory grows linearly with the length of a
  /// sequence.
  /// - Parameters:
  ///   - qkv: queries, keys and values side by side [n · tokens, 3 w].
  ///   - tokens: the length of a sequence.
  ///   - isCausal: whether a token attends only to itself and earlier ones.
  ///   - scores: scratch space, resized if needed.
  ///   - output: the heads side by side [n · tokens, w].
  package static func attention(
    _ qkv: Matrix, tokens: Int, heads: Int, isCausal: Bool, scores: inout Matrix,
    into output: inout Matrix
  ) {
    let (width, stride) = (output.columns, qkv.columns)
    let size = width / heads
    let block = min(queryBlock, tokens)
    if scores.columns != tokens || scores.rows != block {
      scores = Matrix(rows: block, columns: tokens)
    }
    qkv.withElements { qkv in
      output.withMutableElements { output in
        guard let input = qkv.baseAddress, let output = output.baseAddress else { return }
        for sequence in 0..<(qkv.count / stride / tokens) {
          for head in 0..<heads {
            let start = input + sequence * tokens * stride + head * size
            for first in Swift.stride(from: 0, to: tokens, by: block) {
              let rows = min(block, tokens - first)
              attend(
                BLAS.Operand(start: start + first * stride, stride: stride), rows: rows,
                keys: BLAS.Operand(start: start + width, stride: stride, isTransposed: true),
                values: BLAS.Operand(start: start + 2 * width, stride: stride), tokens: tokens,
                size: size, causalFrom: isCausal ? first : nil, scores: &scores,
                into: output + (sequence * tokens + first) * width + head * size, stride: width)
            }
          }
        }
      }
    }
  }

  /// Attention of the same query for each sequence.
  /// - Parameters:
  ///   - query: the query [1, w].
  ///   - keysAndValues: side by side [n · tokens, 2 w].
  ///   - output: the heads side by side [n, w].
  package static func pooledAttention(
    _ query: Matrix, _ keysAndValues: Matrix, tokens: Int, heads: Int, into output: inout Matrix
  ) {
    let (width, stride) = (output.columns, keysAndValues.columns)
    let size = width / heads
    var scores = Matrix(rows: 1, columns: tokens)
    query.withElements { query in
      keysAndValues.withElements { input in
        output.withMutableElements { output in
          guard let query = query.baseAddress, let input = input.baseAddress,
            let output = output.baseAddress
          else { return }
          for sequence in 0..<(keysAndValues.rows / tokens) {
            for head in 0..<heads {
              let start = input + sequence * tokens * stride + head * size
              attend(
                BLAS.Operand(start: query + head * size, stride: width), rows: 1,
                keys: BLAS.Operand(start: start, stride: stride, isTransposed: true),
                values: BLAS.Operand(start: start + width, stride: stride), tokens: tokens,
                size: size, causalFrom: nil, scores: &scores,
                into: output + sequence * width + head * size, stride: width)
            }
          }
        }
      }
    }
  }

  /// softmax(Q Kᵀ / √d) V for one head of one sequence, and `rows` queries.
  /// - Parameter causalFrom: the place of the first query, if queries attend only to tokens up to
  ///   their own.
  private static func attend(
    _ queries: BLAS.Operand, rows: Int, keys: BLAS.Operand, values: BLAS.Operand, tokens: Int,
    size: Int, causalFrom: Int?, scores: inout Matrix, into output: UnsafeMutablePointer<Float>,
    stride: Int
  ) {
    scores.withMutableElements { scores in
      BLAS.product(
        queries, keys, rows: rows, columns: tokens, inner: size,
        scale: 1 / Float(size).squareRoot(), into: scores.baseAddress, stride: tokens)
      for row in 0..<rows {
        let own = scores.row(row, of: tokens)
        if let first = causalFrom {
          for column in min(first + row + 1, tokens)..<tokens { own[column] = -.infinity }
        }
        Activation.softmax(own)
      }
      BLAS.product(
        BLAS.Operand(start: scores.baseAddress, stride: tokens), values, rows: rows, columns: size,
        inner: tokens, into: output, stride: stride)
    }
  }
}

extension TransformerKernels {
  /// Turns pairs of coordinates of queries and keys: (a, b) ← (a cos − b sin, b cos + a sin), where a
  /// and b are in the first and the second half of a head.
  /// - Parameters:
  ///   - qkv: queries, keys and values side by side [n · tokens, 3 w].
  ///   - prefix: the number of tokens at the start of each sequence that are not turned.
  ///   - cosines: for each other token and pair [tokens − prefix, w / heads / 2]; so are the sines.
  package static func turn(
    _ qkv: inout Matrix, tokens: Int, prefix: Int, heads: Int, cosines: Matrix, sines: Matrix
  ) {
    let (stride, half) = (qkv.columns, cosines.columns)
    qkv.withMutableElements { qkv in
      cosines.withElements { cosines in
        sines.withElements { sines in
          for row in 0..<(qkv.count / stride) where row % tokens >= prefix {
            let place = (row % tokens - prefix) * half
            // The heads of the queries are followed by those of the keys.
            for head in 0..<2 * heads {
              let start = row * stride + 2 * head * half
              for i in 0..<half {
                let (a, b) = (qkv[start + i], qkv[start + half + i])
                let (c, s) = (cosines[place + i], sines[place + i])
                qkv[start + i] = a * c - b * s
                qkv[start + half + i] = b * c + a * s
              }
            }
          }
        }
      }
    }
  }
}
