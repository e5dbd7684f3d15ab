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

  /// `self *= factor`.
  public mutating func scale(by factor: Float) {
    withMutableElements { target in
      for i in target.indices { target[i] *= factor }
    }
  }
}
