import FMNumerics

/// Normalization of each sample over its n features, without an affine part, then ReLU. It is
/// InstanceNorm1d applied to a 2-D input, as in the authors' code:
///
///     x̂ = (x − mean(x)) / √(variance(x) + 1e-5)    y = max(x̂, 0), the variance biased
///
/// The input is the output of a masked layer, computed on the fly.
package struct LayerNorm: Sendable {
  private var standardized = Matrix(rows: 0, columns: 0)  // x̂ [B, n]
  private var scales = Matrix(rows: 1, columns: 0)  // 1/√(variance + ε) of each sample [1, B]

  package init() {}

  /// x [B, n] → y [B, n].
  package mutating func forward(_ x: MaskedOutput, into y: inout Matrix) {
    let width = x.width
    if standardized.rows != x.rows || standardized.columns != width {
      standardized = Matrix(rows: x.rows, columns: width)
      scales = Matrix(rows: 1, columns: x.rows)
    }
    Elements.write(&standardized, &scales, &y) { standardized, scales, y in
      Parallel.forEachRow(of: x.rows) { row in
        let (own, result) = (standardized.row(row, of: width), y.row(row, of: width))
        x.store(row: row, into: own)
        scales[row] = Activation.standardize(own)
        _ = result.update(fromContentsOf: own)
        Activation.rectify(result)
      }
    }
  }

  /// The backward pass after `forward`: `gradient` [B, n] holds dy on entry and dx on return.
  /// `output` is y.
  package func backward(_ gradient: inout Matrix, output: Matrix) {
    let (rows, width) = (gradient.rows, gradient.columns)
    gradient.withMutableElements { g in
      Elements.read(output, standardized, scales) { y, standardized, scales in
        Parallel.forEachRow(of: rows) { row in
          let g = g.row(row, of: width)
          Activation.rectifyBackward(g, output: y.row(row, of: width))
          Activation.standardizeBackward(
            g, output: standardized.row(row, of: width), scale: scales[row])
        }
      }
    }
  }
}
