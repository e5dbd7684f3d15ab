/// The three matrix products of a linear layer.
extension Matrix {
  /// `self = a bᵀ`: a [n, k], b [m, k], self [n, m].
  public mutating func product(_ a: Matrix, transposing b: Matrix) {
    precondition(a.columns == b.columns && rows == a.rows && columns == b.rows)
    multiply(a, b, transposingB: true, inner: a.columns)
  }

  /// `self = a b`, or `self += a b`: a [n, k], b [k, m], self [n, m].
  public mutating func product(_ a: Matrix, _ b: Matrix, adding: Bool = false) {
    precondition(a.columns == b.rows && rows == a.rows && columns == b.columns)
    multiply(a, b, inner: a.columns, adding: adding)
  }

  /// `self = aᵀ b`: a [k, n], b [k, m], self [n, m].
  public mutating func product(transposing a: Matrix, _ b: Matrix) {
    precondition(a.rows == b.rows && rows == a.columns && columns == b.columns)
    multiply(a, b, transposingA: true, inner: a.rows)
  }

  private mutating func multiply(
    _ a: Matrix, _ b: Matrix, transposingA: Bool = false, transposingB: Bool = false, inner: Int,
    adding: Bool = false
  ) {
    let (n, m) = (rows, columns)
    guard n > 0 && m > 0 else { return }
    withMutableElements { c in
      a.withElements { left in
        b.withElements { right in
          BLAS.product(
            BLAS.Operand(
              start: left.baseAddress, stride: max(a.columns, 1), isTransposed: transposingA),
            BLAS.Operand(
              start: right.baseAddress, stride: max(b.columns, 1), isTransposed: transposingB),
            rows: n, columns: m, inner: inner, adding: adding, into: c.baseAddress, stride: m)
        }
      }
    }
  }
}
