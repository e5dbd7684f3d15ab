import FMArchive
import FMBase
import FMNumerics
import Synchronization

/// A vision transformer, which maps images to features.
///
/// All images of a batch pass a layer before the next layer's weights are read from the mapped
/// checkpoint, so that memory holds only one layer.
public final class VisionEncoder: Sendable {
  /// The maximal number of rows (tokens) in a thread's matrices, unless a single image has more.
  private static let rows = 8 * FrozenLinear.blockRows
  /// The largest useful number of threads.
  public static let maxThreads = 8

  /// D, the number of features of an image.
  public let dimension: Int
  /// The side of an input image in pixels.
  public let side: Int
  /// How features are made of tokens.
  public let pooling: Pooling

  private let checkpoint: Checkpoint
  private let layout: VisionLayout
  private let embedding: FrozenLinear  // 3 p² → w
  private let block: TransformerBlock

  /// The number of images that a thread processes at a time: a power of two, independent of the
  /// number of threads, so that results do not depend on it.
  private var chunk: Int {
    var chunk = 1
    while 2 * chunk * layout.tokens <= Self.rows { chunk *= 2 }
    return chunk
  }

  /// The number of images to pass to `encode`, which reads each layer's weights once for all of
  /// them.
  public var batch: Int { chunk * Self.maxThreads }

  /// Opens the vision transformer of a checkpoint.
  /// - Parameters:
  ///   - side: the side of an input image in pixels.
  ///   - options: pooling, layer and precision.
  /// - Throws: `noInput` if a file is missing, `badData` if one is invalid or does not fit `side`,
  ///   `usage` if the checkpoint lacks what the options ask for.
  public convenience init(
    folder: String, side: Int, options: EncodingOptions = EncodingOptions()
  ) throws(FedMedError) {
    let family = try Families.open(folder)
    try self.init(family, side: side, options: options)
  }

  /// Opens the vision transformer of a checkpoint; see `init(folder:side:options:)`.
  init(
    _ family: any EncoderFamily, side: Int, options: EncodingOptions
  ) throws(FedMedError) {
    guard options.precision.isSupported else {
      throw FedMedError(
        .usage,
        "\(options.precision.rawValue) would be slower than float32 here: this processor has no "
          + options.precision.instructions)
    }
    checkpoint = family.checkpoint
    self.side = side
    var layout = try family.vision(side: side)
    // The colors of pixels are too coarse as 8-bit integers with a common factor.
    embedding = try FrozenLinear(
      layout.embedding, outputs: layout.shape.width, inputs: 3 * layout.patch * layout.patch,
      from: checkpoint, precision: options.precision.withFraction)
    block = TransformerBlock(layout.shape, precision: options.precision)
    for names in layout.layers { try block.check(names, in: checkpoint) }
    if let layer = options.layer {
      guard (1...layout.layers.count).contains(layer) else {
        throw FedMedError(
          .usage, "layer \(layer), the checkpoint has 1 to \(layout.layers.count)",
          file: checkpoint.folder)
      }
      layout.layers.removeLast(layout.layers.count - layer)
    }
    pooling =
      options.pooling
      ?? (options.layer == nil ? layout.pooling : layout.hasClassToken ? .classToken : .mean)
    let width = layout.shape.width
    switch (pooling, layout.head) {
    case (.classToken, _) where !layout.hasClassToken,
      (.classTokenAndMean, _) where !layout.hasClassToken:
      throw FedMedError(.usage, "the encoder has no class token", file: checkpoint.folder)
    case (.projection, _) where options.layer != nil:
      throw FedMedError(
        .usage, "the projection belongs to the last layer", file: checkpoint.folder)
    case (.projection, nil):
      throw FedMedError(.usage, "the encoder has no projection", file: checkpoint.folder)
    case (.projection, .linear(let map, _)): dimension = map.outputs
    case (.classTokenAndMean, _): dimension = 2 * width
    default: dimension = width
    }
    guard dimension <= Manifest.largestDimension else {
      throw FedMedError(
        .badData, "\(dimension) features, expected at most \(Manifest.largestDimension)",
        file: checkpoint.folder)
    }
    self.layout = layout
  }

  /// Encodes images of the input's size to features [n, D].
  /// - Parameter preprocessing: gives the normalization of colors.
  /// - Throws: `badData` if a tensor is missing or has another number of elements.
  public func encode(
    _ images: [Raster], preprocessing: Preprocessing
  ) throws(FedMedError) -> Matrix {
    let tokens = layout.tokens
    var chunks: [(images: ArraySlice<Raster>, states: Matrix)] = []
    for start in stride(from: 0, to: images.count, by: chunk) {
      let part = images[start..<min(start + chunk, images.count)]
      chunks.append((part, Matrix(rows: part.count * tokens, columns: layout.shape.width)))
    }
    let colors = preprocessing.colors
    Parallel.update(&chunks) { chunk in
      self.embed(chunk.images, colors, into: &chunk.states)
    }
    var block = block
    // One workspace per thread: a thread returns it for the next one to reuse.
    let workspaces = Mutex<[TransformerBlock.Workspace]>([])
    for (index, names) in layout.layers.enumerated() {
      try block.load(names, from: checkpoint)
      let (current, isLast) = (block, index == layout.layers.count - 1)
      Parallel.update(&chunks) { chunk in
        var workspace =
          workspaces.withLock { $0.popLast() } ?? TransformerBlock.Workspace(for: current)
        current.apply(
          &chunk.states, tokens: tokens, rotation: self.layout.rotation,
          onlyFirst: isLast && self.needsOnlyClassTokens, using: &workspace)
        workspaces.withLock { [workspace] in $0.append(workspace) }
      }
    }
    Parallel.update(&chunks) { chunk in
      chunk.states = self.pool(chunk.states)
    }
    return Matrix(
      rows: images.count, columns: dimension, elements: chunks.flatMap(\.states.elements))
  }

  /// Computes the input of the first layer: patches with their positions, after the prefix tokens.
  private func embed(
    _ images: ArraySlice<Raster>, _ colors: ColorTable, into states: inout Matrix
  ) {
    let (grid, patch) = (layout.grid, layout.patch)
    var columns = Matrix(rows: images.count * grid * grid, columns: 3 * patch * patch)
    for (index, image) in images.enumerated() {
      precondition(image.width == side && image.height == side)
      Patches.cut(
        image, patch: patch, grid: grid, colors: colors, into: &columns,
        row: index * grid * grid)
    }
    Patches.assemble(
      embedding.applied(to: columns), prefix: layout.prefix, positions: layout.positions,
      patches: grid * grid, into: &states)
    if let norm = layout.normBefore { states = norm.applied(to: states) }
  }

  /// Whether features depend on no other token of the last layer.
  private var needsOnlyClassTokens: Bool {
    switch (pooling, layout.head) {
    case (.classToken, _): true
    case (.projection, .linear(_, let isOfMean)): !isOfMean
    default: false
    }
  }

  /// Maps the tokens of the last layer, all [n · t, w] or only the class tokens [n, w], to features
  /// [n, D].
  private func pool(_ states: Matrix) -> Matrix {
    let tokens = layout.tokens
    func finished(_ tokens: Matrix) -> Matrix { layout.normAfter.applied(to: tokens) }
    func means() -> Matrix {
      let normed = layout.isNormPooled ? states : finished(states)
      let means = Patches.means(normed, tokens: tokens, prefix: layout.prefix.rows)
      return layout.isNormPooled ? finished(means) : means
    }
    switch (pooling, layout.head) {
    case (.projection, .linear(let map, let isOfMean)):
      return map.applied(to: isOfMean ? means() : finished(states))
    case (.projection, .attention(let head)):
      return head.applied(to: finished(states), tokens: tokens)
    case (.mean, _): return means()
    case (.classTokenAndMean, _):
      let classTokens = states.gathering((0..<states.rows / tokens).map { $0 * tokens })
      return finished(classTokens).beside(means())
    default: return finished(states)
    }
  }
}

/// The choices for encoding that a checkpoint leaves open.
public struct EncodingOptions: Equatable, Sendable {
  /// How features are made of tokens; `nil` as the checkpoint's authors do.
  public var pooling: Pooling?
  /// The layer whose tokens to use, from 1; `nil` is the last one.
  public var layer: Int?
  /// The precision of the products in the layers.
  public var precision: Precision

  /// Creates options.
  public init(pooling: Pooling? = nil, layer: Int? = nil, precision: Precision = .float32) {
    (self.pooling, self.layer, self.precision) = (pooling, layer, precision)
  }
}
