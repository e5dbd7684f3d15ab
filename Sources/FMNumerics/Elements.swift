/// Access to the elements of several matrices at once. Kernels need one closure for all matrices
/// they read and one for all they write, instead of one for each.
package enum Elements {
  /// Elements that are read.
  package typealias Source = UnsafeBufferPointer<Float>
  /// Elements that are written.
  package typealias Target = UnsafeMutableBufferPointer<Float>

  /// Calls `body` with the elements of two matrices.
  @inline(__always)
  package static func read<R>(_ a: Matrix, _ b: Matrix, _ body: (Source, Source) -> R) -> R {
    a.withElements { a in b.withElements { b in body(a, b) } }
  }

  /// Calls `body` with the elements of three matrices.
  @inline(__always)
  package static func read<R>(
    _ a: Matrix, _ b: Matrix, _ c: Matrix, _ body: (Source, Source, Source) -> R
  ) -> R {
    read(a, b) { a, b in c.withElements { c in body(a, b, c) } }
  }

  /// Calls `body` with the elements of four matrices.
  @inline(__always)
  package static func read<R>(
    _ a: Matrix, _ b: Matrix, _ c: Matrix, _ d: Matrix,
    _ body: (Source, Source, Source, Source) -> R
  ) -> R {
    read(a, b) { a, b in read(c, d) { c, d in body(a, b, c, d) } }
  }

  /// Calls `body` with the elements of two matrices, to change them.
  @inline(__always)
  package static func write<R>(
    _ a: inout Matrix, _ b: inout Matrix, _ body: (Target, Target) -> R
  ) -> R {
    a.withMutableElements { a in b.withMutableElements { b in body(a, b) } }
  }

  /// Calls `body` with the elements of three matrices, to change them.
  @inline(__always)
  package static func write<R>(
    _ a: inout Matrix, _ b: inout Matrix, _ c: inout Matrix, _ body: (Target, Target, Target) -> R
  ) -> R {
    write(&a, &b) { a, b in c.withMutableElements { c in body(a, b, c) } }
  }
}
