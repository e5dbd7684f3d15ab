import CProducts

/// softmax(Q Kᵀ / √d) V for each head of a sequence, with scratch space. Its memory grows linearly with
/// the length of a sequence.
package struct Attention: Sendable {
  /// The number of queries whose scores are in memory at a time.
  private static let queryBlock = FrozenLinear.blockRows

  /// The number of heads.
  private let heads: Int
  private let precision: Precision
  private var scores = Matrix(rows: 0, columns: 0)
  private var keys = AlignedMemory(bytes: 0)
  private var values = AlignedMemory(bytes: 0)
  private var scratch = AlignedMemory(bytes: 0)

  /// Creates attention without scratch space.
  /// - Parameter precision: that of the two products; bfloat16 replaces 8-bit integers.
  package init(heads: Int, precision: Precision) {
    self.heads = heads
    self.precision = precision.withFraction
  }

  /// Attention of the tokens of a sequence to all of them.
  /// - Parameters:
  ///   - qkv: queries, keys and values side by side [n · tokens, 3 w].
  ///   - tokens: the length of a sequence.
  ///   - isCausal: whether a token attends only to itself and earlier ones.
  ///   - output: the heads side by side [n · t, w], for the first t tokens of each sequence.
  package mutating func apply(
    _ qkv: Matrix, tokens: Int, isCausal: Bool, into output: inout Matrix
  ) {
    let (width, stride) = (output.columns, qkv.columns)
    let size = width / heads
    let queries = output.rows / max(qkv.rows / tokens, 1)
    precondition(qkv.rows % tokens == 0 && queries * (qkv.rows / tokens) == output.rows)
    qkv.withElements { qkv in
      output.withMutableElements { output in
        guard let input = qkv.baseAddress, let output = output.baseAddress else { return }
        for sequence in 0..<(qkv.count / stride / tokens) {
          for head in 0..<heads {
            let start = input + sequence * tokens * stride + head * size
            apply(
              Operands(
                queries: start, queryStride: stride, keys: start + width,
                values: start + 2 * width, stride: stride, tokens: tokens, size: size),
              queries: queries, isCausal: isCausal,
              into: output + sequence * queries * width + head * size, stride: width)
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
  package mutating func apply(
    query: Matrix, _ keysAndValues: Matrix, tokens: Int, into output: inout Matrix
  ) {
    let (width, stride) = (output.columns, keysAndValues.columns)
    let size = width / heads
    query.withElements { query in
      keysAndValues.withElements { input in
        output.withMutableElements { output in
          guard let query = query.baseAddress, let input = input.baseAddress,
            let output = output.baseAddress
          else { return }
          for sequence in 0..<(keysAndValues.rows / tokens) {
            for head in 0..<heads {
              let start = input + sequence * tokens * stride + head * size
              apply(
                Operands(
                  queries: query + head * size, queryStride: width, keys: start,
                  values: start + width, stride: stride, tokens: tokens, size: size),
                queries: 1, isCausal: false, into: output + sequence * width + head * size,
                stride: width)
            }
          }
        }
      }
    }
  }

  /// One head of one sequence: queries [_, d], keys and values [tokens, d].
  private struct Operands {
    let queries: UnsafePointer<Float>
    let queryStride: Int
    let keys, values: UnsafePointer<Float>
    /// The distance between the rows of keys, and of values.
    let stride: Int
    let tokens: Int
    /// d.
    let size: Int
  }

  private mutating func apply(
    _ operands: Operands, queries: Int, isCausal: Bool, into output: UnsafeMutablePointer<Float>,
    stride: Int
  ) {
    let tokens = operands.tokens
    let block = min(Self.queryBlock, queries)
    // The softmax takes whole vectors of 16 floats.
    let pitch = (tokens + 15) / 16 * 16
    if scores.columns != pitch || scores.rows != block {
      scores = Matrix(rows: block, columns: pitch)
    }
    let isAccelerated = precision.isAccelerated
    if isAccelerated { pack(operands, block: block) }
    for first in Swift.stride(from: 0, to: queries, by: block) {
      let rows = min(block, queries - first)
      let source = operands.queries + first * operands.queryStride
      let target = output + first * stride
      scores.withMutableElements { scores in
        guard let scores = scores.baseAddress else { return }
        if isAccelerated {
          product_run(
            precision.kernel, rows, tokens, operands.size, source, operands.queryStride, keys.start,
            nil, scores, pitch, scratch.start)
        } else {
          BLAS.product(
            BLAS.Operand(start: source, stride: operands.queryStride),
            BLAS.Operand(start: operands.keys, stride: operands.stride, isTransposed: true),
            rows: rows, columns: tokens, inner: operands.size, into: scores, stride: pitch)
        }
        if isCausal {
          for row in 0..<rows {
            for column in min(first + row + 1, tokens)..<tokens {
              scores[row * pitch + column] = -.infinity
            }
          }
        }
        rows_softmax(scores, rows, tokens, pitch, 1 / Float(operands.size).squareRoot())
        if isAccelerated {
          product_run(
            precision.kernel, rows, operands.size, tokens, scores, pitch, values.start, nil,
            target, stride, scratch.start)
        } else {
          BLAS.product(
            BLAS.Operand(start: scores, stride: pitch),
            BLAS.Operand(start: operands.values, stride: operands.stride), rows: rows,
            columns: operands.size, inner: tokens, into: target, stride: stride)
        }
      }
    }
  }

  /// Packs keys and values as the weights of two products.
  private mutating func pack(_ operands: Operands, block: Int) {
    let (tokens, size, kernel) = (operands.tokens, operands.size, precision.kernel)
    keys.reserve(product_packed_bytes(kernel, tokens, size))
    values.reserve(product_packed_bytes(kernel, size, tokens))
    scratch.reserve(
      max(product_scratch_bytes(kernel, block, size), product_scratch_bytes(kernel, block, tokens)))
    product_pack(kernel, tokens, size, operands.keys, operands.stride, keys.start)
    product_pack_transposed(
      kernel, size, tokens, operands.values, operands.stride, values.start)
  }
}

/// Rotary positions.
package enum RotaryKernel {
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
