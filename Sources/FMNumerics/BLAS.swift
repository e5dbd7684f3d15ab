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
}
