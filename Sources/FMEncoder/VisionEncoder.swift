import FMArchive
import FMBase
import FMNumerics
import Synchronization

/// The vision tower of a CLIP, or a DINOv2, which maps images to features.
///
/// All images of a batch pass a layer before the next layer's weights are read from the mapped
/// checkpoint, so that memory holds only one layer.
public final class VisionEncoder: Sendable {
  /// The maximal number of rows (tokens) in a thread's matrices, unless a single image has more.
  private static let rows = 1024
  /// The largest useful number of threads.
  public static let maxThreads = 8

  /// D, the number of features of an image.
  public let dimension: Int
  /// The side of an input image in pixels.
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

  /// The number of tokens of an image.
  private var tokens: Int { prefix.rows + grid * grid }

  /// The number of images that a thread processes at a time: a power of two, independent of the
  /// number of threads, so that results do not depend on it.
  private var chunk: Int {
    var chunk = 1
    while 2 * chunk * tokens <= Self.rows { chunk *= 2 }
    return chunk
  }

  /// The number of images to pass to `encode`, which reads each layer's weights once for all of
  /// them.
  public var batch: Int { chunk * Self.maxThreads }

  /// Opens the vision tower of a checkpoint.
  /// - Parameter side: the side of an input image in pixels, to which DINOv2's positions are
  ///   interpolated.
  /// - Throws: `noInput` if a file is missing, `badData` if one is invalid or does not fit `side`.
  public convenience init(folder: String, side: Int) throws(FedMedError) {
    try self.init(Checkpoint(folder: folder), side: side)
  }

  /// Opens the vision tower of a checkpoint; see `init(folder:side:)`.
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
      throw fault(
        "patch_size \(p) or image_size \(trainedSide) out of range, with an input side of \(side)")
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
        throw fault("image_size \(trainedSide), but the input has side \(side)")
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
        throw fault(
          "a projection to \(dimension) features, expected 1 to \(Manifest.largestDimension)")
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
          throw fault("\(registers) has shape \(shape), expected [1, 1 to 64, \(w)]")
        }
        start += try checkpoint.matrix(registers, rows: shape[1], columns: w).elements
      }
    }
    prefix = Matrix(rows: start.count / w, columns: w, elements: start)
  }

  /// Encodes images of the input's size to features [n, D].
  /// - Parameter preprocessing: gives the normalization of colors.
  /// - Throws: `badData` if a tensor is missing or has another number of elements.
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
    // One workspace per thread: a thread returns it for the next one to reuse.
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

  /// Computes the input of the first layer: patches with their positions, after the prefix tokens.
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

  /// Maps the class tokens [n, w] of the last layer to features [n, D].
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
