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
