/// What FAM does to its layers' outputs, sample by sample, each in one pass; `FeatureAdaptation`
/// says the equations. All matrices have the same shape [B, D]; `scales` and `norms` are [B].
enum FeatureAttention {
  /// From the first layer's output to x̂ = norm(output) and h = ReLU(x̂).
  static func rectify(
    _ output: MaskedOutput, standardized: inout Matrix, scales: inout [Float],
    into rectified: inout Matrix
  ) {
    let width = output.width
    scales.withUnsafeMutableBufferPointer { scales in
      standardized.withMutableElements { standardized in
        rectified.withMutableElements { rectified in
          Parallel.forEachRow(of: output.rows) { row in
            let (x, h) = (standardized.row(row, of: width), rectified.row(row, of: width))
            output.store(row: row, into: x)
            scales[row] = Activation.standardize(x)
            _ = h.update(fromContentsOf: x)
            Activation.rectify(h)
          }
        }
      }
    }
  }

  /// From dh to the gradient of the first layer's output, in place.
  static func rectifyBackward(
    _ gradient: inout Matrix, rectified: Matrix, standardized: Matrix, scales: [Float]
  ) {
    let (rows, width) = (gradient.rows, gradient.columns)
    gradient.withMutableElements { g in
      rectified.withElements { rectified in
        standardized.withElements { standardized in
          scales.withUnsafeBufferPointer { scales in
            Parallel.forEachRow(of: rows) { row in
              let g = g.row(row, of: width)
              Activation.rectifyBackward(g, output: rectified.row(row, of: width))
              Activation.standardizeBackward(
                g, output: standardized.row(row, of: width), scale: scales[row])
            }
          }
        }
      }
    }
  }

  /// From the second layer's output and the features I to att = softmax(output) and
  /// z = att ⊙ I / ‖att ⊙ I‖.
  static func adapt(
    _ output: MaskedOutput, features: Matrix, attention: inout Matrix, norms: inout [Float],
    into adapted: inout Matrix
  ) {
    let width = output.width
    norms.withUnsafeMutableBufferPointer { norms in
      attention.withMutableElements { attention in
        adapted.withMutableElements { adapted in
          features.withElements { features in
            Parallel.forEachRow(of: output.rows) { row in
              let (att, z) = (attention.row(row, of: width), adapted.row(row, of: width))
              let x = features.row(row, of: width)
              output.store(row: row, into: att)
              Activation.softmax(att)
              z.fill { att.lanes(at: $0) * x.lanes(at: $0) }
              norms[row] = Activation.normalize(z)
            }
          }
        }
      }
    }
  }

  /// From dz to the gradient of the second layer's output, in place.
  static func adaptBackward(
    _ gradient: inout Matrix, features: Matrix, attention: Matrix, adapted: Matrix,
    norms: [Float]
  ) {
    let (rows, width) = (gradient.rows, gradient.columns)
    gradient.withMutableElements { g in
      features.withElements { features in
        attention.withElements { attention in
          adapted.withElements { adapted in
            norms.withUnsafeBufferPointer { norms in
              Parallel.forEachRow(of: rows) { row in
                let (g, x) = (g.row(row, of: width), features.row(row, of: width))
                Activation.normalizeBackward(
                  g, output: adapted.row(row, of: width), norm: norms[row])
                g.fill { g.lanes(at: $0) * x.lanes(at: $0) }
                Activation.softmaxBackward(g, output: attention.row(row, of: width))
              }
            }
          }
        }
      }
    }
  }
}
