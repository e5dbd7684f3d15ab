import FMNumerics

/// A text transformer as the family of its checkpoint describes it.
struct TextLayout: Sendable {
  /// The token whose state becomes the features of a text.
  enum Pooling: Sendable {
    /// The first token.
    case first
    /// The end of the text.
    case end
    /// The last token, padding included.
    case last
    /// The mean of all tokens.
    case mean
  }

  var shape: TransformerShape
  var layers: [TransformerBlock.Names]
  var tokenizer: any Tokenizer
  /// The name of the tensor with the tokens' embeddings [vocabulary, w].
  var table: String
  /// The embedded positions [length, w].
  var positions: Matrix
  var normBefore: Norm?
  var normAfter: Norm?
  var pooling: Pooling
  /// The maps into the space of the images, with GELU between them.
  var head: [FrozenLinear]
}
