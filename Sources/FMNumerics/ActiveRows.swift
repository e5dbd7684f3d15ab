/// The rows of a masked layer that are on, and its three products over them alone.
///
/// They are laid side by side for that, which takes time too; it pays where at least half of them
/// are off (`Tests/Benchmarks/README.md`), and otherwise the products take them all.
package struct ActiveRows {
  /// Those that are on.
  private var rows: [Int] = []
  /// Whether the others are left out.
  private var isPartial = false
  private var slopes = Matrix(rows: 0, columns: 0)  // of the rows [B, k], or products
  private var weight: Matrix  // of the rows [k, m], or their gradient
  private var parts = Matrix(rows: 0, columns: 0)

  /// - Parameter inputs: m.
  package init(inputs: Int) { weight = Matrix(rows: 0, columns: inputs) }

  /// - Parameter mask: 1 or 0 for each row [n].
  package mutating func select(_ mask: [Float]) {
    rows.removeAll(keepingCapacity: true)
    for row in mask.indices where mask[row] > 0 { rows.append(row) }
    isPartial = 2 * rows.count <= mask.count
  }

  /// y = x wᵀ: x [B, m], w [n, m], y [B, n]; columns of y that are left out keep what they hold.
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
