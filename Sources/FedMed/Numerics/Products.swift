import COpenBLAS

/// The three matrix products of a linear layer, by OpenBLAS.
///
/// OpenBLAS gives other bits with two threads than with one, so it always runs with one; a product
/// then depends on its operands alone.
extension Matrix {
  private static let singleThreaded: Void = openblas_set_num_threads(1)

  /// `self = a bᵀ`: a [n, k], b [m, k], self [n, m].
  public mutating func product(_ a: Matrix, transposing b: Matrix) {
    precondition(a.columns == b.columns && rows == a.rows && columns == b.rows)
    gemm(CblasNoTrans, CblasTrans, a, b, inner: a.columns, adding: false)
  }

  /// `self = a b`, or `self += a b`: a [n, k], b [k, m], self [n, m].
  public mutating func product(_ a: Matrix, _ b: Matrix, adding: Bool = false) {
    precondition(a.columns == b.rows && rows == a.rows && columns == b.columns)
    gemm(CblasNoTrans, CblasNoTrans, a, b, inner: a.columns, adding: adding)
  }

  /// `self = aᵀ b`: a [k, n], b [k, m], self [n, m].
  public mutating func product(transposing a: Matrix, _ b: Matrix) {
    precondition(a.rows == b.rows && rows == a.columns && columns == b.columns)
    gemm(CblasTrans, CblasNoTrans, a, b, inner: a.rows, adding: false)
  }

  private mutating func gemm(
    _ transposeA: CBLAS_TRANSPOSE, _ transposeB: CBLAS_TRANSPOSE, _ a: Matrix, _ b: Matrix,
    inner: Int, adding: Bool
  ) {
    Self.singleThreaded
    let (n, m) = (rows, columns)
    guard n > 0 && m > 0 else { return }
    withMutableElements { c in
      a.withElements { left in
        b.withElements { right in
          cblas_sgemm(
            CblasRowMajor, transposeA, transposeB, blasint(n), blasint(m), blasint(inner), 1,
            left.baseAddress, blasint(max(a.columns, 1)), right.baseAddress,
            blasint(max(b.columns, 1)),
            adding ? 1 : 0, c.baseAddress, blasint(m))
        }
      }
    }
  }
}
