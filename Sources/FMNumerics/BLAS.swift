import COpenBLAS
import FMBase
import Glibc

/// OpenBLAS's matrix product.
///
/// OpenBLAS gives other bits with two threads than with one, so it always runs with one, and threads
/// of ours go around it; a product then depends on its operands and the kind of processor alone.
enum BLAS {
  private static let singleThreaded: Void = openblas_set_num_threads(1)

  /// OpenBLAS takes room for each thread that multiplies, and where it gets none it tries again
  /// without end; so this is found out before.
  /// - Throws: `ioError` where there is no room, as under a limit on the address space.
  static func requireMemory(threads: Int) throws(FedMedError) {
    let size = threads << 27
    let room = mmap(nil, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let room, room != MAP_FAILED else {
      throw FedMedError(
        .ioError, "there is no room for \(threads) threads: each takes 128 MB of address space",
        hint: "fewer threads (-j), or a higher limit (ulimit -v)")
    }
    munmap(room, size)
  }

  /// A matrix in memory, or part of one: `stride` floats lie between the starts of its rows.
  struct Operand {
    package let start: UnsafePointer<Float>?
    package let stride: Int
    var isTransposed = false

    fileprivate var transposition: CBLAS_TRANSPOSE { isTransposed ? CblasTrans : CblasNoTrans }
  }

  /// `c = scale a b`, or `c += scale a b`: a [n, k], b [k, m], each after its transposition, c [n, m].
  /// - Parameter stride: between the starts of c's rows.
  package static func product(
    _ a: Operand, _ b: Operand, rows n: Int, columns m: Int, inner k: Int, scale: Float = 1,
    adding: Bool = false, into c: UnsafeMutablePointer<Float>?, stride: Int
  ) {
    singleThreaded
    cblas_sgemm(
      CblasRowMajor, a.transposition, b.transposition, blasint(n), blasint(m), blasint(k), scale,
      a.start, blasint(a.stride), b.start, blasint(b.stride), adding ? 1 : 0, c, blasint(stride))
  }

  /// The same in double precision.
  struct DoubleOperand {
    package let start: UnsafePointer<Double>?
    package let stride: Int
    var isTransposed = false

    fileprivate var transposition: CBLAS_TRANSPOSE { isTransposed ? CblasTrans : CblasNoTrans }
  }

  /// `c = a b`, or `c += a b`: a [n, k], b [k, m], each after its transposition, c [n, m].
  static func product(
    _ a: DoubleOperand, _ b: DoubleOperand, rows n: Int, columns m: Int, inner k: Int,
    adding: Bool, into c: UnsafeMutablePointer<Double>?, stride: Int
  ) {
    singleThreaded
    cblas_dgemm(
      CblasRowMajor, a.transposition, b.transposition, blasint(n), blasint(m), blasint(k), 1,
      a.start, blasint(a.stride), b.start, blasint(b.stride), adding ? 1 : 0, c, blasint(stride))
  }

  /// `c += scale a aᵀ` in the upper triangle of c [n, n], a [n, k] after its transposition.
  static func addProduct(
    _ a: UnsafePointer<Double>?, transposing: Bool, rows n: Int, inner k: Int, stride: Int,
    scale: Double, into c: UnsafeMutablePointer<Double>?
  ) {
    singleThreaded
    cblas_dsyrk(
      CblasRowMajor, CblasUpper, transposing ? CblasTrans : CblasNoTrans, blasint(n), blasint(k),
      scale, a, blasint(stride), 1, c, blasint(n))
  }

  /// Waits until OpenBLAS runs with one thread.
  static func requireSingleThread() { singleThreaded }
}

/// The routines of LAPACK that closed forms need, on symmetric matrices, whose rows are their columns.
enum LAPACK {
  /// Solves A X = B in place: `b` holds B's columns one after the other, and then X's.
  /// - Returns: whether A is positive definite, by more than rounding errors.
  static func solvePositiveDefinite(_ a: inout [Double], size: Int, _ b: inout [Double]) -> Bool {
    guard size > 0 else { return true }
    var (n, count, status) = (Int32(size), Int32(b.count / size), Int32(0))
    guard factorize(&a, size: size) else { return false }
    // What rounding alone keeps from being singular gives solutions that are rounding errors, enlarged.
    let pivots = (0..<size).map { a[$0 * size + $0] }
    guard let least = pivots.min(), let most = pivots.max(), least > 1e-6 * most else {
      return false
    }
    dpotrs_("L", &n, &count, a, &n, &b, &n, &status, 1)
    return status == 0
  }

  /// Cholesky's decomposition in place.
  /// - Returns: whether A is positive definite.
  static func factorize(_ a: inout [Double], size: Int) -> Bool {
    guard size > 0 else { return true }
    BLAS.requireSingleThread()
    var (n, status) = (Int32(size), Int32(0))
    dpotrf_("L", &n, &a, &n, &status, 1)
    return status == 0
  }

  /// The eigenvalues of `a` [n, n], ascending; nil where they do not converge.
  static func eigenvalues(_ a: [Double], size: Int) -> [Double]? {
    guard size > 0 else { return [] }
    BLAS.requireSingleThread()
    var (n, status, length) = (Int32(size), Int32(0), Int32(-1))
    var (matrix, values, wanted) = (a, [Double](repeating: 0, count: size), 0.0)
    dsyev_("N", "L", &n, &matrix, &n, &values, &wanted, &length, &status, 1, 1)
    guard status == 0 else { return nil }
    length = Int32(wanted)
    var work = [Double](repeating: 0, count: Int(length))
    dsyev_("N", "L", &n, &matrix, &n, &values, &work, &length, &status, 1, 1)
    return status == 0 ? values : nil
  }
}
