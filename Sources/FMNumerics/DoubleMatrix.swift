/// A dense matrix of 64-bit floats in row-major order, for closed-form solutions and convex
/// problems.
public struct DoubleMatrix: Equatable, Sendable {
  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int
  /// All values, row by row.
  public package(set) var elements: [Double]

  /// Creates a matrix of zeros.
  public init(rows: Int, columns: Int) {
    (self.rows, self.columns) = (rows, columns)
    elements = [Double](repeating: 0, count: rows * columns)
  }

  /// Creates a matrix with the given values, row by row.
  /// - Precondition: there are `rows * columns` elements.
  public init(rows: Int, columns: Int, elements: [Double]) {
    precondition(elements.count == rows * columns)
    (self.rows, self.columns, self.elements) = (rows, columns, elements)
  }

  /// Converts a matrix from single precision.
  package init(_ matrix: Matrix) {
    self.init(
      rows: matrix.rows, columns: matrix.columns, elements: matrix.elements.map { Double($0) })
  }

  /// The value in a row and a column.
  public subscript(row: Int, column: Int) -> Double {
    get { elements[row * columns + column] }
    set { elements[row * columns + column] = newValue }
  }

  /// The sum of the diagonal.
  package var trace: Double { (0..<min(rows, columns)).reduce(0) { $0 + self[$1, $1] } }

  /// `self += scale a aᵀ` in the upper triangle: a [n, k], self [n, n]. If `transposing`, adds aᵀ a
  /// of a [k, n] instead.
  /// - Parameter count: how many of the first rows of a to use; `nil` for all.
  package mutating func addProduct(
    _ a: DoubleMatrix, rows count: Int? = nil, transposing: Bool = false, scale: Double = 1
  ) {
    let used = count ?? a.rows
    precondition(rows == columns && rows == (transposing ? a.columns : used))
    elements.withUnsafeMutableBufferPointer { own in
      a.elements.withUnsafeBufferPointer { a0 in
        BLAS.addProduct(
          a0.baseAddress, transposing: transposing, rows: rows,
          inner: transposing ? used : a.columns, stride: a.columns, scale: scale,
          into: own.baseAddress)
      }
    }
  }

  /// `self = a bᵀ`: a [n, k], b [m, k], self [n, m].
  /// - Parameter count: how many of the first rows of a to use; `nil` for all.
  package mutating func product(
    _ a: DoubleMatrix, transposing b: DoubleMatrix, rows count: Int? = nil
  ) {
    let used = count ?? a.rows
    precondition(a.columns == b.columns && used <= rows && columns == b.rows)
    multiply(a, b, transposingB: true, rows: used, inner: a.columns)
  }

  /// `self += aᵀ b`: a [k, n], b [k, m], self [n, m].
  /// - Parameter count: how many of the first rows of a and b to use; `nil` for all.
  package mutating func addProduct(
    transposing a: DoubleMatrix, _ b: DoubleMatrix, rows count: Int? = nil
  ) {
    precondition(a.rows == b.rows && rows == a.columns && columns == b.columns)
    multiply(a, b, transposingA: true, rows: rows, inner: count ?? a.rows, adding: true)
  }

  private mutating func multiply(
    _ a: DoubleMatrix, _ b: DoubleMatrix, transposingA: Bool = false, transposingB: Bool = false,
    rows: Int, inner: Int, adding: Bool = false
  ) {
    let width = columns
    elements.withUnsafeMutableBufferPointer { own in
      a.elements.withUnsafeBufferPointer { a0 in
        b.elements.withUnsafeBufferPointer { b0 in
          BLAS.product(
            BLAS.DoubleOperand(
              start: a0.baseAddress, stride: a.columns, isTransposed: transposingA),
            BLAS.DoubleOperand(
              start: b0.baseAddress, stride: b.columns, isTransposed: transposingB),
            rows: rows, columns: width, inner: inner, adding: adding, into: own.baseAddress,
            stride: width)
        }
      }
    }
  }
}

extension DoubleMatrix {
  /// Copies the upper triangle into the lower triangle.
  package mutating func symmetrize() {
    for row in 0..<rows {
      for column in row + 1..<max(rows, row + 1) { self[column, row] = self[row, column] }
    }
  }

  /// Solves A X = B by Cholesky decomposition, with this symmetric matrix as A [n, n].
  /// - Parameter right: Bᵀ [m, n], one right-hand side per row.
  /// - Returns: Xᵀ [m, n]; `nil` if A is not positive definite beyond rounding errors.
  package func solvingPositiveDefinite(_ right: DoubleMatrix) -> DoubleMatrix? {
    precondition(rows == columns && right.columns == rows)
    var (factor, result) = (elements, right)
    // Fortran stores columns contiguously, so the right-hand sides and solutions are the rows here.
    return LAPACK.solvePositiveDefinite(&factor, size: rows, &result.elements) ? result : nil
  }

  /// Replaces this symmetric matrix, of which only the upper triangle is read, by its Cholesky
  /// decomposition.
  /// - Returns: whether the matrix is positive definite.
  package mutating func decompose() -> Bool {
    precondition(rows == columns)
    return LAPACK.factorize(&elements, size: rows)
  }

  /// The eigenvalues of this symmetric matrix in ascending order; `nil` if they do not converge.
  package var eigenvalues: [Double]? {
    precondition(rows == columns)
    return LAPACK.eigen(elements, size: rows, vectors: false)?.values
  }

  /// The nearest positive semidefinite matrix to this symmetric one, in the Frobenius norm: its
  /// negative eigenvalues are replaced by zero. `nil` if the eigenvalues do not converge.
  package var positivePart: DoubleMatrix? {
    precondition(rows == columns)
    guard let (values, vectors) = LAPACK.eigen(elements, size: rows, vectors: true) else {
      return nil
    }
    let positive = values.indices.filter { values[$0] > 0 }
    var roots = DoubleMatrix(rows: positive.count, columns: columns)
    for (row, index) in positive.enumerated() {
      let root = values[index].squareRoot()
      for column in 0..<columns { roots[row, column] = root * vectors[index * columns + column] }
    }
    var result = DoubleMatrix(rows: rows, columns: columns)
    if !positive.isEmpty { result.addProduct(roots, transposing: true) }
    result.symmetrize()
    return result
  }
}

extension [Double] {
  /// The index of the smallest element, the last one if several are equal.
  package var indexOfLastMinimum: Int {
    indices.reduce(0) { self[$1] <= self[$0] ? $1 : $0 }
  }
}
