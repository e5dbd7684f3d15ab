/// The three matrix products of a linear layer.
extension Matrix {
  /// `self = a bᵀ`: a [n, k], b [m, k], self [n, m].
  public mutating func product(_ a: Matrix, transposing b: Matrix) {
    precondition(a.columns == b.columns && rows == a.rows && columns == b.rows)
    multiply(a, b, transposingB: true, inner: a.columns)
  }

  /// `self = a b`, or `self += a b` if `adding`: a [n, k], b [k, m], self [n, m].
  public mutating func product(_ a: Matrix, _ b: Matrix, adding: Bool = false) {
    precondition(a.columns == b.rows && rows == a.rows && columns == b.columns)
    multiply(a, b, inner: a.columns, adding: adding)
  }

  /// `self = a b` for a few rows: a [n, k], b [k, m], self [n, m]. Threads split the rows of b, as
  /// in the other two products and in AdamW, so that each weight stays in the cache of the
  /// processor that wrote it.
  /// - Parameter parts: scratch space for the product of each block of b's rows; resized if needed.
  package mutating func product(_ a: Matrix, byRowsOf b: Matrix, parts: inout Matrix) {
    precondition(a.columns == b.rows && rows == a.rows && columns == b.columns)
    // With many rows, the parts would take more memory and time than the weights.
    guard rows <= Self.thin else { return multiply(a, b, inner: a.columns) }
    let (n, m, inner, side) = (rows, columns, a.columns, Self.blockSide)
    let blocks = (inner + side - 1) / side
    if parts.rows != blocks * n || parts.columns != m {
      parts = Matrix(rows: blocks * n, columns: m)
    }
    a.withElements { left in
      b.withElements { right in
        parts.withMutableElements { parts in
          guard let target = parts.baseAddress, let a0 = left.baseAddress,
            let b0 = right.baseAddress
          else { return }
          Parallel.forEachBlock(of: inner, size: side) { block in
            let start = block.lowerBound
            BLAS.product(
              BLAS.Operand(start: a0 + start, stride: inner),
              BLAS.Operand(start: b0 + start * m, stride: m), rows: n, columns: m,
              inner: block.count, into: target + start / side * n * m, stride: m)
          }
        }
      }
    }
    withMutableElements { sum in
      parts.withElements { parts in
        Parallel.forEachColumns(of: m) { i in
          for row in 0..<n {
            var total = parts.lanes(at: row * m + i, before: (row + 1) * m)
            for part in stride(from: n + row, to: blocks * n, by: n) {
              total += parts.lanes(at: part * m + i, before: (part + 1) * m)
            }
            sum.store(total, at: row * m + i, before: (row + 1) * m)
          }
        }
      }
    }
  }

  /// `self = aᵀ b`, or `self += aᵀ b` if `adding`: a [k, n], b [k, m], self [n, m].
  public mutating func product(transposing a: Matrix, _ b: Matrix, adding: Bool = false) {
    precondition(a.rows == b.rows && rows == a.columns && columns == b.columns)
    multiply(a, b, transposingA: true, inner: a.rows, adding: adding)
  }

  private static let blockSide = 128
  private static let thin = 64

  private mutating func multiply(
    _ a: Matrix, _ b: Matrix, transposingA: Bool = false, transposingB: Bool = false, inner: Int,
    adding: Bool = false
  ) {
    let (n, m) = (rows, columns)
    guard n > 0 && m > 0 else { return }
    withMutableElements { c in
      a.withElements { left in
        b.withElements { right in
          guard let target = c.baseAddress, let a0 = left.baseAddress, let b0 = right.baseAddress
          else { return }
          let (aStride, bStride) = (a.columns, b.columns)
          /// Computes the block of the result that begins at a row and a column.
          func block(_ row: Int, _ column: Int, rows: Int, columns: Int) {
            BLAS.product(
              BLAS.Operand(
                start: a0 + (transposingA ? row : row * aStride), stride: aStride,
                isTransposed: transposingA),
              BLAS.Operand(
                start: b0 + (transposingB ? column * bStride : column), stride: bStride,
                isTransposed: transposingB),
              rows: rows, columns: columns, inner: inner, adding: adding,
              into: target + row * m + column, stride: m)
          }
          // If one side is that of a small batch, split the longer side among the threads; blocks
          // of this size are computed as fast as the whole.
          let side = Self.blockSide
          if n <= Self.thin && m >= 2 * side {
            Parallel.forEachBlock(of: m, size: side) {
              block(0, $0.lowerBound, rows: n, columns: $0.count)
            }
          } else if inner <= Self.thin && n >= 2 * side {
            Parallel.forEachBlock(of: n, size: side) {
              block($0.lowerBound, 0, rows: $0.count, columns: m)
            }
          } else {
            block(0, 0, rows: n, columns: m)
          }
        }
      }
    }
  }
}
