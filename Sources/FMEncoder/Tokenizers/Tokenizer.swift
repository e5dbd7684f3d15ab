import FMBase

/// Splits texts into the tokens of an encoder.
protocol Tokenizer: Sendable {
  /// Returns the tokens of a text, with the special tokens and the padding that the encoder takes.
  /// - Throws: `badData` if a token is not in the vocabulary.
  func encode(_ text: String) throws(FedMedError) -> TokenSequence
}

/// The tokens of a text.
struct TokenSequence: Equatable, Sendable {
  /// The numbers of the tokens.
  let tokens: [Int]
  /// The place of the token that ends the text.
  let end: Int
}
