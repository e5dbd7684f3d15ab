import FMArchive
import FMBase
import FMNumerics
import Synchronization

/// The vision tower of a CLIP, or a DINOv2: images become features.
///
/// A batch goes through the layers together, and each layer's weights are read from the mapped
/// checkpoint when their turn comes. So memory holds one layer, not the model.
public final class VisionEncoder: Sendable {
  /// How many rows, a token each, a thread's matrices have at most, but for one long image.
  private static let rows = 1024
  /// The most threads that find something to do.
  public static let mostThreads = 8

  /// D, the features of an image.
  public let dimension: Int
  /// The side of an input image.
  public let side: Int

  private let checkpoint: Checkpoint
  private let layers: [TransformerBlock.Names]
  private let grid: Int
  private let patch: Int
  private let block: TransformerBlock
  private let patchWeight: Matrix  // [w, 3 p²]
  private let patchBias: Matrix  // [1, w]
  private let prefix: Matrix  // class token, with its position, then registers [1 + r, w]
  private let positions: Matrix  // [grid², w]
  private let normBefore: (weight: Matrix, bias: Matrix)?  // CLIP's [1, w]
  private let normAfter: (weight: Matrix, bias: Matrix)  // [1, w]
  private let projection: Matrix?  // CLIP's [D, w]

  /// The length of an image's sequence.
  private var tokens: Int { prefix.rows + grid * grid }

  /// How many images a thread takes at a time: a power of two, and whatever the number of threads, so
  /// that the bits do not depend on it.
  private var chunk: Int {
    var chunk = 1
    while 2 * chunk * tokens <= Self.rows { chunk *= 2 }
    return chunk
  }

  /// How many images to `encode` at a time: each layer's weights are read once for all of them.
  public var batch: Int { chunk * Self.mostThreads }

  /// - Parameter side: the side of an input image; DINOv2's positions are interpolated to it.
  public convenience init(folder: String, side: Int) throws(FedMedError) {
    try self.init(Checkpoint(folder: folder), side: side)
  }

  package init(_ checkpoint: Checkpoint, side: Int) throws(FedMedError) {
    func fault(_ reason: String) -> FedMedError { EncoderConfig.fault(checkpoint.folder, reason) }
    let root = try EncoderConfig(folder: checkpoint.folder)
    let config: EncoderConfig.Tower
    switch (root.modelType, root.visionConfig) {
    case ("clip", let vision?): config = vision
    case ("clip_vision_model", _), ("dinov2", _), ("dinov2_with_registers", _):
      config = try Checkpoint.json(EncoderConfig.path(checkpoint.folder))
    default:
      throw fault("model type '\(printable(root.modelType))', expected clip or dinov2")
    }
    let isCLIP = root.modelType.hasPrefix("clip")
    let shape =
      try isCLIP
      ? TransformerShape.clip(config, isText: false, folder: checkpoint.folder)
      : TransformerShape.dinov2(config, folder: checkpoint.folder)
    let (w, p, trainedSide) = (
      shape.width, config.patchSize ?? (isCLIP ? 32 : 14), config.imageSize ?? 224
    )
    guard p >= 1, side <= 2048, p <= side, p <= trainedSide, trainedSide <= 2048 else {
      throw fault("sizes that no encoder has")
    }
    self.checkpoint = checkpoint
    self.side = side
    patch = p
    grid = side / p
    block = TransformerBlock(shape, isCausal: false)
    layers = (0..<shape.layers).map {
      isCLIP ? .clip("vision_model.encoder.layers.\($0)") : .dinov2("encoder.layer.\($0)")
    }
    for names in layers { try block.check(names, in: checkpoint) }

    func norm(_ name: String) throws(FedMedError) -> (weight: Matrix, bias: Matrix) {
      (
        try checkpoint.matrix("\(name).weight", rows: 1, columns: w),
        try checkpoint.matrix("\(name).bias", rows: 1, columns: w)
      )
    }
    let trained = trainedSide / p
    let embeddings = isCLIP ? "vision_model.embeddings" : "embeddings"
    let classToken = try checkpoint.matrix(
      isCLIP ? "\(embeddings).class_embedding" : "\(embeddings).cls_token", rows: 1, columns: w)
    let all = try checkpoint.matrix(
      isCLIP ? "\(embeddings).position_embedding.weight" : "\(embeddings).position_embeddings",
      rows: 1 + trained * trained, columns: w)
    var start = classToken.elements
    for i in 0..<w { start[i] += all[0, i] }
    let patches = all.gathering(Array(1..<all.rows))
    if isCLIP {
      guard grid == trained else {
        throw fault("image_size \(trainedSide), the input has \(side)")
      }
      positions = patches
      patchWeight = try checkpoint.matrix(
        "\(embeddings).patch_embedding.weight", rows: w, columns: 3 * p * p)
      patchBias = Matrix(rows: 1, columns: w)
      normBefore = try norm("vision_model.pre_layrnorm")
      normAfter = try norm("vision_model.post_layernorm")
      let name = "visual_projection.weight"
      dimension = try checkpoint.shape(of: name).first ?? 0
      guard (1...Manifest.largestDimension).contains(dimension) else {
        throw fault("a projection to \(dimension) features")
      }
      projection = try checkpoint.matrix(name, rows: dimension, columns: w)
    } else {
      positions = PositionGrid.interpolate(
        patches, from: trained, to: grid,
        isSmoothed: root.modelType == "dinov2_with_registers")
      let name = "\(embeddings).patch_embeddings.projection"
      patchWeight = try checkpoint.matrix("\(name).weight", rows: w, columns: 3 * p * p)
      patchBias = try checkpoint.matrix("\(name).bias", rows: 1, columns: w)
      normBefore = nil
      normAfter = try norm("layernorm")
      projection = nil
      dimension = w
      let registers = "\(embeddings).register_tokens"
      if checkpoint.has(registers) {
        let shape = try checkpoint.shape(of: registers)
        guard shape.count == 3, (1...64).contains(shape[1]) else {
          throw fault("\(registers) of shape \(shape)")
        }
        start += try checkpoint.matrix(registers, rows: shape[1], columns: w).elements
      }
    }
    prefix = Matrix(rows: start.count / w, columns: w, elements: start)
  }

  /// The features [n, D] of `images`, each of the input's size, with colours as `preprocessing`
  /// normalises them.
  public func encode(
    _ images: [Raster], preprocessing: Preprocessing
  ) throws(FedMedError) -> Matrix {
    var chunks: [(images: ArraySlice<Raster>, states: Matrix)] = []
    for start in stride(from: 0, to: images.count, by: chunk) {
      let part = images[start..<min(start + chunk, images.count)]
      chunks.append((part, Matrix(rows: part.count * tokens, columns: block.width)))
    }
    Parallel.update(&chunks) { chunk in
      self.embed(chunk.images, preprocessing, into: &chunk.states)
    }
    var block = block
    // As many as there are threads; who is done with one leaves it to the next.
    let workspaces = Mutex<[TransformerBlock.Workspace]>([])
    for names in layers {
      try block.load(names, from: checkpoint)
      let current = block
      Parallel.update(&chunks) { chunk in
        var workspace =
          workspaces.withLock { $0.popLast() }
          ?? TransformerBlock.Workspace(tokens: tokens, for: current)
        current.apply(&chunk.states, using: &workspace)
        workspaces.withLock { [workspace] in $0.append(workspace) }
      }
    }
    var features: [Float] = []
    for chunk in chunks {
      let classTokens = (0..<chunk.images.count).map { $0 * tokens }
      features += pool(chunk.states.gathering(classTokens)).elements
    }
    return Matrix(rows: images.count, columns: dimension, elements: features)
  }

  /// Patches, positions and what stands before them, as the first layer gets them.
  private func embed(
    _ images: ArraySlice<Raster>, _ preprocessing: Preprocessing, into states: inout Matrix
  ) {
    let (w, patches) = (block.width, grid * grid)
    var columns = Matrix(rows: images.count * patches, columns: 3 * patch * patch)
    for (index, image) in images.enumerated() {
      precondition(image.width == side && image.height == side)
      Patches.cut(
        image, patch: patch, grid: grid, mean: preprocessing.mean,
        deviation: preprocessing.deviation, into: &columns, row: index * patches)
    }
    var embedded = Matrix(rows: columns.rows, columns: w)
    embedded.product(columns, transposing: patchWeight)
    TransformerKernels.addBias(&embedded, patchBias)
    Patches.assemble(embedded, prefix: prefix, positions: positions, into: &states)
    if let norm = normBefore {
      var normed = states
      TransformerKernels.layerNorm(
        states, weight: norm.weight, bias: norm.bias, epsilon: block.epsilon, into: &normed)
      states = normed
    }
  }

  /// From the class tokens [n, w] after the last layer to features [n, D].
  private func pool(_ tokens: Matrix) -> Matrix {
    var normed = tokens
    TransformerKernels.layerNorm(
      tokens, weight: normAfter.weight, bias: normAfter.bias, epsilon: block.epsilon,
      into: &normed)
    guard let projection else { return normed }
    var result = Matrix(rows: tokens.rows, columns: dimension)
    result.product(normed, transposing: projection)
    return result
  }
}
