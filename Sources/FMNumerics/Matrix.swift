/// A dense matrix of 32-bit floats in row-major order.
///
/// A vector is a matrix with one row. Copies share storage until one of them is changed.
public struct Matrix: Equatable, Sendable {
  /// The number of rows.
  public private(set) var rows: Int
  /// The number of columns.
  public let columns: Int
  /// All values, row by row: `rows * columns` of them.
  public private(set) var elements: [Float]

  /// Creates a matrix whose elements are all `value`.
  public init(rows: Int, columns: Int, repeating value: Float = 0) {
    self.rows = rows
    self.columns = columns
    elements = [Float](repeating: value, count: rows * columns)
  }

  /// Creates a matrix with the given values, row by row.
  /// - Precondition: there are `rows * columns` elements.
  public init(rows: Int, columns: Int, elements: [Float]) {
    precondition(
      elements.count == rows * columns, "\(elements.count) values for \(rows)×\(columns)")
    self.rows = rows
    self.columns = columns
    self.elements = elements
  }

  /// Creates a row vector [1, n].
  public init(vector: [Float]) {
    self.init(rows: 1, columns: vector.count, elements: vector)
  }

  /// The value in a row and a column.
  public subscript(row: Int, column: Int) -> Float {
    get { elements[row * columns + column] }
    set { elements[row * columns + column] = newValue }
  }

  /// Returns the values of one row.
  public func row(_ index: Int) -> ArraySlice<Float> {
    elements[index * columns..<(index + 1) * columns]
  }

  /// Changes the number of rows, reusing the allocated memory if it suffices. New rows are zero.
  public mutating func resize(rows count: Int) {
    guard count != rows else { return }
    if count < rows {
      elements.removeLast((rows - count) * columns)
    } else {
      elements.append(contentsOf: repeatElement(0, count: (count - rows) * columns))
    }
    rows = count
  }

  /// Sets every element to `value`.
  public mutating func fill(_ value: Float) {
    withMutableElements { $0.update(repeating: value) }
  }

  /// Sets this matrix to the rows of `source` given by `indices`, in that order.
  /// - Precondition: there are as many indices as rows, each a row of `source`; both have equal
  ///   widths.
  public mutating func gather(_ indices: some RandomAccessCollection<Int>, of source: Matrix) {
    precondition(indices.count == rows && source.columns == columns)
    let width = columns
    withMutableElements { target in
      source.withElements { values in
        Parallel.forEachBlock(of: indices.count) { block in
          for row in block {
            let index = indices[indices.index(indices.startIndex, offsetBy: row)]
            precondition(index >= 0 && index < source.rows)
            _ = target[row * width..<(row + 1) * width]
              .update(fromContentsOf: values[index * width..<(index + 1) * width])
          }
        }
      }
    }
  }

  /// Sets some rows of this matrix to those of `source`.
  /// - Precondition: `source` has as many rows, and both have equal widths.
  package mutating func set(_ range: Range<Int>, to source: Matrix) {
    precondition(
      source.rows == range.count && source.columns == columns && range.upperBound <= rows)
    let width = columns
    withMutableElements { target in
      source.withElements { values in
        _ = target[range.lowerBound * width..<range.upperBound * width]
          .update(fromContentsOf: values)
      }
    }
  }

  /// Adds row i of `source` to row `indices[i]` of this matrix.
  package mutating func add(_ source: Matrix, toRows indices: [Int]) {
    precondition(indices.count == source.rows && source.columns == columns)
    let width = columns
    withMutableElements { target in
      source.withElements { values in
        Parallel.forEachBlock(of: indices.count) { block in
          for row in block {
            let (own, added) = (target.row(indices[row], of: width), values.row(row, of: width))
            own.fill { own.lanes(at: $0) + added.lanes(at: $0) }
          }
        }
      }
    }
  }

  /// Sets this matrix to the columns of `source` given by `indices`, in that order.
  package mutating func gather(columns indices: [Int], of source: Matrix) {
    precondition(indices.count == columns && source.rows == rows)
    let (count, width, sourceWidth) = (rows, columns, source.columns)
    withMutableElements { target in
      source.withElements { values in
        Parallel.forEachRow(of: count) { row in
          for (column, index) in indices.enumerated() {
            target[row * width + column] = values[row * sourceWidth + index]
          }
        }
      }
    }
  }

  /// Sets column `indices[i]` of this matrix to column i of `source`, the inverse of
  /// `gather(columns:of:)`.
  mutating func scatter(columns indices: [Int], of source: Matrix) {
    precondition(indices.count == source.columns && source.rows == rows)
    let (count, width, sourceWidth) = (rows, columns, source.columns)
    withMutableElements { target in
      source.withElements { values in
        Parallel.forEachRow(of: count) { row in
          for (column, index) in indices.enumerated() {
            target[row * width + index] = values[row * sourceWidth + column]
          }
        }
      }
    }
  }

  /// Returns the rows of this matrix given by `indices`, in that order.
  public func gathering(_ indices: some RandomAccessCollection<Int>) -> Matrix {
    var result = Matrix(rows: indices.count, columns: columns)
    result.gather(indices, of: self)
    return result
  }

  /// Calls `body` with all values, row by row.
  package func withElements<R>(_ body: (UnsafeBufferPointer<Float>) -> R) -> R {
    elements.withUnsafeBufferPointer(body)
  }

  /// Calls `body` with all values, row by row, to change them.
  package mutating func withMutableElements<R>(_ body: (UnsafeMutableBufferPointer<Float>) -> R)
    -> R
  {
    elements.withUnsafeMutableBufferPointer { body($0) }
  }
}
