/// Element-wise arithmetic.
extension Matrix {
  /// `self += factor · other`.
  /// - Precondition: both have the same shape.
  public mutating func add(_ other: Matrix, times factor: Float) {
    precondition(rows == other.rows && columns == other.columns)
    withMutableElements { target in
      other.withElements { source in
        for i in target.indices { target[i] += factor * source[i] }
      }
    }
  }

  /// `self += other`.
  /// - Precondition: both have the same shape.
  package mutating func add(_ other: Matrix) { add(other, times: 1) }

  /// Adds `other` [n, w] to each n consecutive rows.
  /// - Precondition: the number of rows is a multiple of n, and the widths are equal.
  package mutating func add(toEachBlock other: Matrix) {
    precondition(rows % other.rows == 0 && columns == other.columns)
    withMutableElements { target in
      other.withElements { source in
        for start in stride(from: 0, to: target.count, by: source.count) {
          for i in 0..<source.count { target[start + i] += source[i] }
        }
      }
    }
  }

  /// Returns the rows of this matrix, followed by those of `other`.
  /// - Precondition: both have the same number of columns.
  package func above(_ other: Matrix) -> Matrix {
    precondition(columns == other.columns)
    return Matrix(
      rows: rows + other.rows, columns: columns, elements: elements + other.elements)
  }

  /// Returns the columns of this matrix, followed by those of `other`.
  /// - Precondition: both have the same number of rows.
  package func beside(_ other: Matrix) -> Matrix {
    precondition(rows == other.rows)
    return Matrix(
      rows: rows, columns: columns + other.columns,
      elements: (0..<rows).flatMap { row($0) + other.row($0) })
  }

  /// `self += factor · (a − b)`, which adds exactly 0 where a and b are equal.
  /// - Precondition: all have the same shape.
  package mutating func add(_ a: Matrix, minus b: Matrix, times factor: Float) {
    precondition(elements.count == a.elements.count && elements.count == b.elements.count)
    withMutableElements { target in
      a.withElements { a in
        b.withElements { b in
          for i in target.indices { target[i] += factor * (a[i] - b[i]) }
        }
      }
    }
  }

  /// ‖self − other‖², in double precision.
  /// - Precondition: both have the same shape.
  package func squaredDistance(to other: Matrix) -> Double {
    precondition(elements.count == other.elements.count)
    return withElements { a in
      other.withElements { b in
        // Four independent sums, so that additions need not wait for each other.
        var sums = SIMD4<Double>()
        for i in stride(from: 0, to: a.count - a.count % 4, by: 4) {
          let x = SIMD4(Double(a[i]), Double(a[i + 1]), Double(a[i + 2]), Double(a[i + 3]))
          let y = SIMD4(Double(b[i]), Double(b[i + 1]), Double(b[i + 2]), Double(b[i + 3]))
          sums += (x - y) * (x - y)
        }
        var total = sums.sum()
        for i in a.count - a.count % 4..<a.count {
          total += (Double(a[i]) - Double(b[i])) * (Double(a[i]) - Double(b[i]))
        }
        return total
      }
    }
  }

  /// `self *= factor`.
  public mutating func scale(by factor: Float) {
    withMutableElements { target in
      for i in target.indices { target[i] *= factor }
    }
  }
}
