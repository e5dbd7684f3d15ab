/// A dense matrix of 32-bit floats, contiguous, row after row.
///
/// A vector is a matrix of one row. Copies share storage until one of them is written to.
public struct Matrix: Equatable, Sendable {
  public private(set) var rows: Int
  public let columns: Int
  /// All values, row after row: `rows * columns` of them.
  public private(set) var elements: [Float]

  /// A matrix with the same value everywhere.
  public init(rows: Int, columns: Int, repeating value: Float = 0) {
    self.rows = rows
    self.columns = columns
    elements = [Float](repeating: value, count: rows * columns)
  }

  /// A matrix over given values.
  /// - Precondition: there are `rows * columns` of them.
  public init(rows: Int, columns: Int, elements: [Float]) {
    precondition(
      elements.count == rows * columns, "\(elements.count) values for \(rows)×\(columns)")
    self.rows = rows
    self.columns = columns
    self.elements = elements
  }

  /// A row vector [1, n].
  public init(vector: [Float]) {
    self.init(rows: 1, columns: vector.count, elements: vector)
  }

  public subscript(row: Int, column: Int) -> Float {
    get { elements[row * columns + column] }
    set { elements[row * columns + column] = newValue }
  }

  /// The values of one row.
  public func row(_ index: Int) -> ArraySlice<Float> {
    elements[index * columns..<(index + 1) * columns]
  }

  /// Changes the number of rows, within the memory that it has had already where that suffices. New
  /// rows are zero.
  public mutating func resize(rows count: Int) {
    guard count != rows else { return }
    if count < rows {
      elements.removeLast((rows - count) * columns)
    } else {
      elements.append(contentsOf: repeatElement(0, count: (count - rows) * columns))
    }
    rows = count
  }

  /// Sets every value.
  public mutating func fill(_ value: Float) {
    withMutableElements { $0.update(repeating: value) }
  }

  /// Copies the rows of `source` named by `indices` into this matrix, in that order.
  /// - Precondition: as many indices as rows, each a row of `source`; equal widths.
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

  /// Adds the rows of `source` to those of this matrix named by `indices`, in that order.
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

  /// Copies the columns of `source` named by `indices` into this matrix, in that order.
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

  /// The other way round: columns of this matrix named by `indices` become those of `source`.
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

  /// The rows of `self` named by `indices`, in that order.
  public func gathering(_ indices: some RandomAccessCollection<Int>) -> Matrix {
    var result = Matrix(rows: indices.count, columns: columns)
    result.gather(indices, of: self)
    return result
  }

  package func withElements<R>(_ body: (UnsafeBufferPointer<Float>) -> R) -> R {
    elements.withUnsafeBufferPointer(body)
  }

  package mutating func withMutableElements<R>(_ body: (UnsafeMutableBufferPointer<Float>) -> R)
    -> R
  {
    elements.withUnsafeMutableBufferPointer { body($0) }
  }
}
