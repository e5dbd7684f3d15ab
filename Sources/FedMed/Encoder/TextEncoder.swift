/// The text tower of a CLIP: texts become features in the images' space.
public final class TextEncoder: Sendable {
  private struct Config: Decodable {
    let hiddenSize, intermediateSize, numHiddenLayers, numAttentionHeads: Int
    let vocabSize, maxPositionEmbeddings: Int
    let hiddenAct: String?
    let layerNormEps: Double?

    enum CodingKeys: String, CodingKey {
      case hiddenSize = "hidden_size"
      case intermediateSize = "intermediate_size"
      case numHiddenLayers = "num_hidden_layers"
      case numAttentionHeads = "num_attention_heads"
      case vocabSize = "vocab_size"
      case maxPositionEmbeddings = "max_position_embeddings"
      case hiddenAct = "hidden_act"
      case layerNormEps = "layer_norm_eps"
    }
  }

  private struct Root: Decodable {
    let textConfig: Config

    enum CodingKeys: String, CodingKey {
      case textConfig = "text_config"
    }
  }

  private let checkpoint: Checkpoint
  private let config: Config
  private let tokenizer: Tokenizer
  private let block: TransformerBlock
  private let dimension: Int

  public convenience init(folder: String) throws(FedMedError) {
    try self.init(Checkpoint(folder: folder))
  }

  init(_ checkpoint: Checkpoint) throws(FedMedError) {
    self.checkpoint = checkpoint
    let path = "\(checkpoint.folder)/config.json"
    let root: Root = try Checkpoint.json(path)
    config = root.textConfig
    let sizes = [config.hiddenSize, config.intermediateSize, config.numHiddenLayers]
    let name = config.hiddenAct ?? "quick_gelu"
    guard sizes.allSatisfy({ (1...16_384).contains($0) }),
      (1...config.hiddenSize).contains(config.numAttentionHeads),
      config.hiddenSize % config.numAttentionHeads == 0,
      config.maxPositionEmbeddings == Tokenizer.length, (1...1_000_000).contains(config.vocabSize),
      let activation = TransformerBlock.Activation(rawValue: name)
    else { throw FedMedError(.badData, "a text tower that no CLIP has", file: path) }
    tokenizer = try Tokenizer(folder: checkpoint.folder)
    block = TransformerBlock(
      width: config.hiddenSize, heads: config.numAttentionHeads, inner: config.intermediateSize,
      epsilon: Float(config.layerNormEps ?? 1e-5), activation: activation, isCausal: true)
    dimension = try checkpoint.shape(of: "text_projection.weight").first ?? 0
  }

  /// The features [n, D] of `texts`, unnormalised.
  public func encode(_ texts: [String]) throws(FedMedError) -> Matrix {
    let (w, length) = (config.hiddenSize, Tokenizer.length)
    let prefix = "text_model"
    let table = try checkpoint.matrix(
      "\(prefix).embeddings.token_embedding.weight", rows: config.vocabSize, columns: w)
    let positions = try checkpoint.matrix(
      "\(prefix).embeddings.position_embedding.weight", rows: length, columns: w)
    var states = Matrix(rows: texts.count * length, columns: w)
    var ends: [Int] = []
    for (index, text) in texts.enumerated() {
      let (tokens, end) = try tokenizer.encode(text)
      guard tokens.allSatisfy({ $0 >= 0 && $0 < config.vocabSize }) else {
        throw FedMedError(
          .badData, "a token beyond the vocabulary", file: "\(checkpoint.folder)/vocab.json")
      }
      for (place, token) in tokens.enumerated() {
        let row = index * length + place
        for i in 0..<w { states[row, i] = table[token, i] + positions[place, i] }
      }
      ends.append(index * length + end)
    }
    var block = block
    var workspace = TransformerBlock.Workspace(tokens: length, for: block)
    for layer in 0..<config.numHiddenLayers {
      try block.load(.clip("\(prefix).encoder.layers.\(layer)"), from: checkpoint)
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
