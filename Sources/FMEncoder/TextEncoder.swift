import FMArchive
import FMBase
import FMNumerics

/// The text tower of a CLIP, which maps texts to features in the space of the images' features.
public final class TextEncoder: Sendable {
  private let checkpoint: Checkpoint
  private let layers: [TransformerBlock.Names]
  private let vocabulary: Int
  private let tokenizer: Tokenizer
  private let block: TransformerBlock
  private let dimension: Int

  /// Opens the text tower of a checkpoint.
  /// - Throws: `noInput` if a file is missing, `badData` if one is invalid.
  public convenience init(folder: String) throws(FedMedError) {
    try self.init(Checkpoint(folder: folder))
  }

  init(_ checkpoint: Checkpoint) throws(FedMedError) {
    self.checkpoint = checkpoint
    let folder = checkpoint.folder
    guard let config = try EncoderConfig(folder: folder).textConfig else {
      throw EncoderConfig.fault(folder, "missing text_config")
    }
    let shape = try TransformerShape.clip(config, isText: true, folder: folder)
    vocabulary = config.vocabSize ?? 49_408
    guard config.maxPositionEmbeddings ?? Tokenizer.length == Tokenizer.length,
      (1...1_000_000).contains(vocabulary)
    else {
      throw EncoderConfig.fault(folder, "max_position_embeddings or vocab_size out of range")
    }
    tokenizer = try Tokenizer(folder: folder)
    block = TransformerBlock(shape, isCausal: true)
    layers = (0..<shape.layers).map { .clip("text_model.encoder.layers.\($0)") }
    for names in layers { try block.check(names, in: checkpoint) }
    dimension = try checkpoint.shape(of: "text_projection.weight").first ?? 0
    guard (1...Manifest.largestDimension).contains(dimension) else {
      throw EncoderConfig.fault(
        folder,
        "a projection to \(dimension) features, expected 1 to \(Manifest.largestDimension)")
    }
  }

  /// Encodes texts to features [n, D], unnormalized.
  /// - Throws: `badData` if a token or a tensor is missing or invalid.
  public func encode(_ texts: [String]) throws(FedMedError) -> Matrix {
    let (w, length) = (block.width, Tokenizer.length)
    let prefix = "text_model"
    let table = try checkpoint.matrix(
      "\(prefix).embeddings.token_embedding.weight", rows: vocabulary, columns: w)
    let positions = try checkpoint.matrix(
      "\(prefix).embeddings.position_embedding.weight", rows: length, columns: w)
    var states = Matrix(rows: texts.count * length, columns: w)
    var ends: [Int] = []
    for (index, text) in texts.enumerated() {
      let (tokens, end) = try tokenizer.encode(text)
      guard tokens.allSatisfy({ $0 >= 0 && $0 < vocabulary }) else {
        throw FedMedError(
          .badData, "a token is outside the vocabulary",
          file: "\(checkpoint.folder)/vocab.json")
      }
      for (place, token) in tokens.enumerated() {
        let row = index * length + place
        for i in 0..<w { states[row, i] = table[token, i] + positions[place, i] }
      }
      ends.append(index * length + end)
    }
    var block = block
    var workspace = TransformerBlock.Workspace(tokens: length, for: block)
    for names in layers {
      try block.load(names, from: checkpoint)
      block.apply(&states, using: &workspace)
    }
    let last = states.gathering(ends)
    var normed = last
    TransformerKernels.layerNorm(
      last, weight: try checkpoint.matrix("\(prefix).final_layer_norm.weight", rows: 1, columns: w),
      bias: try checkpoint.matrix("\(prefix).final_layer_norm.bias", rows: 1, columns: w),
      epsilon: block.epsilon, into: &normed)
    let projection = try checkpoint.matrix("text_projection.weight", rows: dimension, columns: w)
    var result = Matrix(rows: texts.count, columns: dimension)
    result.product(normed, transposing: projection)
    return result
  }
}
