import FMNumerics

/// Attention over the features of a sample, computed sample by sample:
///
///     att = softmax(a)    z = att ⊙ I / ‖att ⊙ I‖
///
/// a is the output of a masked layer, computed on the fly; I are the features.
package struct FeatureAttention: Sendable {
  /// att [B, D] of the last forward pass.
  package private(set) var attention = Matrix(rows: 0, columns: 0)
  private var norms = Matrix(rows: 1, columns: 0)  // ‖att ⊙ I‖ of each sample [1, B]

  package init() {}

  /// a and I [B, D] → z [B, D].
  package mutating func forward(_ a: MaskedOutput, features: Matrix, into z: inout Matrix) {
    let width = a.width
    if attention.rows != a.rows || attention.columns != width {
      attention = Matrix(rows: a.rows, columns: width)
      norms = Matrix(rows: 1, columns: a.rows)
    }
    Elements.write(&attention, &norms, &z) { attention, norms, z in
      features.withElements { features in
        Parallel.forEachRow(of: a.rows) { row in
          let (att, z) = (attention.row(row, of: width), z.row(row, of: width))
          let x = features.row(row, of: width)
          a.store(row: row, into: att)
          Activation.softmax(att)
          z.fill { att.lanes(at: $0) * x.lanes(at: $0) }
          norms[row] = Activation.normalize(z)
        }
      }
    }
  }

  /// The backward pass after `forward`: `gradient` [B, D] holds dz on entry and da on return.
  /// `output` is z.
  package func backward(_ gradient: inout Matrix, features: Matrix, output: Matrix) {
    let (rows, width) = (gradient.rows, gradient.columns)
    gradient.withMutableElements { g in
      Elements.read(features, attention, output, norms) { features, attention, z, norms in
        Parallel.forEachRow(of: rows) { row in
          let (g, x) = (g.row(row, of: width), features.row(row, of: width))
          Activation.normalizeBackward(g, output: z.row(row, of: width), norm: norms[row])
          g.fill { g.lanes(at: $0) * x.lanes(at: $0) }
          Activation.softmaxBackward(g, output: attention.row(row, of: width))
        }
      }
    }
  }
}
