import FMArchive
import FMBase
import FMNumerics

/// A text transformer, which maps texts to features in the space of the images' features.
public final class TextEncoder: Sendable {
  private let checkpoint: Checkpoint
  private let layout: TextLayout
  private let block: TransformerBlock

  /// Opens the text tower of a checkpoint.
  /// - Throws: `noInput` if a file is missing, `badData` if one is invalid or there is no text tower.
  public convenience init(folder: String) throws(FedMedError) {
    try self.init(Families.open(folder))
  }

  init(_ family: any EncoderFamily) throws(FedMedError) {
    checkpoint = family.checkpoint
    layout = try family.text()
    block = TransformerBlock(layout.shape, precision: .float32)
    for names in layout.layers { try block.check(names, in: checkpoint) }
  }

  /// Encodes texts to features [n, D], unnormalized.
  /// - Throws: `badData` if a token or a tensor is missing or invalid.
  public func encode(_ texts: [String]) throws(FedMedError) -> Matrix {
    // The texts of some encoders differ in length, so each has a matrix of its own.
    var states: [Matrix] = []
    var places: [Int] = []
    for text in texts {
      let sequence = try layout.tokenizer.encode(text)
      states.append(try embed(sequence.tokens))
      places.append(sequence.end)
    }
    var block = block
    var workspace = TransformerBlock.Workspace(for: block)
    for names in layout.layers {
      try block.load(names, from: checkpoint)
      for index in states.indices {
        block.apply(
          &states[index], tokens: states[index].rows, rotation: nil, using: &workspace)
      }
    }
    var (result, room) = (pooled(states, ends: places), FrozenLinear.Room())
    for (index, map) in layout.head.enumerated() {
      var next = Matrix(rows: result.rows, columns: map.outputs)
      map.apply(
        result, into: &next, activation: index + 1 < layout.head.count ? .gelu : nil, room: &room)
      result = next
    }
    return result
  }

  /// Returns the embedded tokens of a text with their positions [t, w].
  private func embed(_ tokens: [Int]) throws(FedMedError) -> Matrix {
    var state = try checkpoint.rows(tokens, of: layout.table, columns: layout.shape.width)
    state.add(layout.positions.gathering(0..<tokens.count))
    return layout.normBefore?.applied(to: state) ?? state
  }

  /// Returns one row for each text [n, w].
  private func pooled(_ states: [Matrix], ends: [Int]) -> Matrix {
    var result = Matrix(rows: 0, columns: layout.shape.width)
    for (state, end) in zip(states, ends) {
      let normed = layout.normAfter?.applied(to: state) ?? state
      let row =
        switch layout.pooling {
        case .first: normed.gathering(0..<1)
        case .end: normed.gathering(end..<end + 1)
        case .last: normed.gathering(normed.rows - 1..<normed.rows)
        case .mean: Patches.means(normed, tokens: normed.rows, prefix: 0)
        }
      result = result.above(row)
    }
    return result
  }
}
