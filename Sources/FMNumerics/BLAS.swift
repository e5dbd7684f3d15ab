import COpenBLAS
import FMBase
import Glibc

/// Matrix products by OpenBLAS.
///
/// OpenBLAS gives different bits with two threads than with one, so it always runs with one, and
/// this project's threads split the work around it. A product then depends only on its operands and
/// the processor model.
enum BLAS {
  private static let singleThreaded: Void = openblas_set_num_threads(1)

  /// Checks that there is memory for the buffers of OpenBLAS, which takes one for each thread and
  /// retries forever if it cannot allocate it.
  /// - Throws: `ioError` if there is no room, for example under a limit on the address space.
  static func requireMemory(threads: Int) throws(FedMedError) {
    let size = threads << 27
    let room = mmap(nil, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let room, room != MAP_FAILED else {
      throw FedMedError(
        .ioError,
        "not enough memory for \(threads) threads: each takes 128 MB of address space",
        hint: "use fewer threads (-j), or raise the limit (ulimit -v)")
    }
    munmap(room, size)
  }

  /// A matrix in memory, or part of one; `stride` is the distance between the starts of two rows,
  /// in elements.
  struct Operand {
    /// The first element.
    package let start: UnsafePointer<Float>?
    /// The distance between the starts of two rows, in elements.
    package let stride: Int
    var isTransposed = false

    fileprivate var transposition: CBLAS_TRANSPOSE { isTransposed ? CblasTrans : CblasNoTrans }
  }

  /// `c = scale a b`, or `c += scale a b` if `adding`: a [n, k] and b [k, m] after transposition, c
  /// [n, m].
  /// - Parameter stride: the distance between the starts of two rows of c, in elements.
  package static func product(
    _ a: Operand, _ b: Operand, rows n: Int, columns m: Int, inner k: Int, scale: Float = 1,
    adding: Bool = false, into c: UnsafeMutablePointer<Float>?, stride: Int
  ) {
    singleThreaded
    cblas_sgemm(
      CblasRowMajor, a.transposition, b.transposition, blasint(n), blasint(m), blasint(k), scale,
      a.start, blasint(a.stride), b.start, blasint(b.stride), adding ? 1 : 0, c, blasint(stride))
  }

  /// A matrix in double precision, or part of one; see `Operand`.
  struct DoubleOperand {
    package let start: UnsafePointer<Double>?
    package let stride: Int
    var isTransposed = false

    fileprivate var transposition: CBLAS_TRANSPOSE { isTransposed ? CblasTrans : CblasNoTrans }
  }

  /// `c = a b`, or `c += a b` if `adding`: a [n, k] and b [k, m] after transposition, c [n, m].
  static func product(
    _ a: DoubleOperand, _ b: DoubleOperand, rows n: Int, columns m: Int, inner k: Int,
    adding: Bool, into c: UnsafeMutablePointer<Double>?, stride: Int
  ) {
    singleThreaded
    cblas_dgemm(
      CblasRowMajor, a.transposition, b.transposition, blasint(n), blasint(m), blasint(k), 1,
      a.start, blasint(a.stride), b.start, blasint(b.stride), adding ? 1 : 0, c, blasint(stride))
  }

  /// `c += scale a aᵀ` in the upper triangle of c [n, n], with a [n, k] after transposition.
  static func addProduct(
    _ a: UnsafePointer<Double>?, transposing: Bool, rows n: Int, inner k: Int, stride: Int,
    scale: Double, into c: UnsafeMutablePointer<Double>?
  ) {
    singleThreaded
    cblas_dsyrk(
      CblasRowMajor, CblasUpper, transposing ? CblasTrans : CblasNoTrans, blasint(n), blasint(k),
      scale, a, blasint(stride), 1, c, blasint(n))
  }

  /// Limits OpenBLAS to one thread; must precede every call of LAPACK.
  static func requireSingleThread() { singleThreaded }
}

/// The LAPACK routines for closed-form solutions. Matrices are symmetric, so row-major and
/// column-major order are the same.
enum LAPACK {
  /// Solves A X = B in place: `b` holds the columns of B on entry and those of X on return.
  /// - Returns: whether A is positive definite beyond rounding errors.
  static func solvePositiveDefinite(_ a: inout [Double], size: Int, _ b: inout [Double]) -> Bool {
    guard size > 0 else { return true }
    var (n, count, status) = (Int32(size), Int32(b.count / size), Int32(0))
    guard factorize(&a, size: size) else { return false }
    // If only rounding keeps A from being singular, the solution consists of amplified rounding
    // errors.
    let pivots = (0..<size).map { a[$0 * size + $0] }
    guard let least = pivots.min(), let most = pivots.max(), least > 1e-6 * most else {
      return false
    }
    dpotrs_("L", &n, &count, a, &n, &b, &n, &status, 1)
    return status == 0
  }

  /// Replaces A by its Cholesky decomposition.
  /// - Returns: whether A is positive definite.
  static func factorize(_ a: inout [Double], size: Int) -> Bool {
    guard size > 0 else { return true }
    BLAS.requireSingleThread()
    var (n, status) = (Int32(size), Int32(0))
    dpotrf_("L", &n, &a, &n, &status, 1)
    return status == 0
  }

  /// Returns the eigenvalues of `a` [n, n] in ascending order, and if `vectors` the eigenvectors as
  /// the rows of a matrix [n, n]; `nil` if they do not converge.
  static func eigen(
    _ a: [Double], size: Int, vectors: Bool
  ) -> (values: [Double], vectors: [Double])? {
    guard size > 0 else { return ([], []) }
    BLAS.requireSingleThread()
    let task = vectors ? "V" : "N"
    var (n, status, length) = (Int32(size), Int32(0), Int32(-1))
    var (matrix, values, wanted) = (a, [Double](repeating: 0, count: size), 0.0)
    dsyev_(task, "L", &n, &matrix, &n, &values, &wanted, &length, &status, 1, 1)
    guard status == 0 else { return nil }
    length = Int32(wanted)
    var work = [Double](repeating: 0, count: Int(length))
    dsyev_(task, "L", &n, &matrix, &n, &values, &work, &length, &status, 1, 1)
    return status == 0 ? (values, vectors ? matrix : []) : nil
  }
}
