/// The rows of a masked layer that are on, and the layer's three products over those rows alone.
///
/// For the products, the rows are copied into contiguous memory. The copy pays off if at least half
/// of the rows are off (`Tests/Benchmarks/README.md`); otherwise the products use all rows.
package struct ActiveRows {
  /// Indices of the rows that are on.
  private var rows: [Int] = []
  /// Whether the products skip the rows that are off.
  private var isPartial = false
  private var slopes = Matrix(rows: 0, columns: 0)  // columns of g or of y for `rows` [B, k]
  private var weight: Matrix  // `rows` of w, or of dw [k, m]
  private var parts = Matrix(rows: 0, columns: 0)

  /// Creates an empty selection.
  /// - Parameter inputs: m, the layer's number of inputs.
  package init(inputs: Int) { weight = Matrix(rows: 0, columns: inputs) }

  /// Selects the rows that are on.
  /// - Parameter mask: 1 (on) or 0 (off) for each row [n].
  package mutating func select(_ mask: [Float]) {
    rows.removeAll(keepingCapacity: true)
    for row in mask.indices where mask[row] > 0 { rows.append(row) }
    isPartial = 2 * rows.count <= mask.count
  }

  /// y = x wᵀ: x [B, m], w [n, m], y [B, n]; columns of y whose row is skipped keep their values.
  package mutating func product(_ x: Matrix, transposing w: Matrix, into y: inout Matrix) {
    guard isPartial else { return y.product(x, transposing: w) }
    prepare(batch: x.rows)
    weight.gather(rows, of: w)
    slopes.product(x, transposing: weight)
    y.scatter(columns: rows, of: slopes)
  }

  /// dx = g w: g [B, n], w [n, m], dx [B, m].
  package mutating func product(_ g: Matrix, _ w: Matrix, into dx: inout Matrix) {
    guard isPartial else { return dx.product(g, byRowsOf: w, parts: &parts) }
    prepare(batch: g.rows)
    slopes.gather(columns: rows, of: g)
    weight.gather(rows, of: w)
    dx.product(slopes, byRowsOf: weight, parts: &parts)
  }

  /// dw += gᵀ x: g [B, n], x [B, m], dw [n, m].
  package mutating func product(transposing g: Matrix, _ x: Matrix, addingTo dw: inout Matrix) {
    guard isPartial else { return dw.product(transposing: g, x, adding: true) }
    prepare(batch: g.rows)
    slopes.gather(columns: rows, of: g)
    weight.product(transposing: slopes, x)
    dw.add(weight, toRows: rows)
  }

  private mutating func prepare(batch: Int) {
    weight.resize(rows: rows.count)
    if slopes.rows != batch || slopes.columns != rows.count {
      slopes = Matrix(rows: batch, columns: rows.count)
    }
  }
}
