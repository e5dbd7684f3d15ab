/// The server's round: which updates there are, and the model that they make.
public struct FederatedRound {
  /// An update as its manifest describes it, and where to read it.
  public struct Update {
    public let manifest: Manifest
    public let identity: String
    /// What messages call it.
    public let name: String
    let open: () throws(FedMedError) -> ArchiveReader

    public var site: String { manifest.site ?? "" }
    public var samples: Int { manifest.samples ?? 0 }
  }

  /// In the order of their sites' names, by the bytes of their UTF-8.
  public let updates: [Update]

  /// Reads the manifests of all updates, and no more of them.
  /// - Parameter paths: files, pipes, or `-` for standard input; what cannot be read twice is kept
  ///   in a temporary file.
  /// - Throws: `badData` where two updates do not belong together or are from one site.
  public init(paths: [String]) throws(FedMedError) {
    var updates: [Update] = []
    for path in paths {
      let update = try Self.update(path)
      if let first = updates.first { try Self.requireFit(update, first) }
      if let twin = updates.first(where: { $0.site == update.site }) {
        throw FedMedError(
          .badData, "site '\(update.site)' sent \(twin.name) too", file: update.name)
      }
      updates.append(update)
    }
    self.updates = updates.sorted { $0.site.precedes($1.site) }
  }

  private static func update(_ path: String) throws(FedMedError) -> Update {
    var open = { () throws(FedMedError) in try ArchiveReader(path: path, kinds: [.update]) }
    if !ByteSource.isRegularFile(path) {
      let source = try ByteSource(path: path)
      let spool = try StagingFile()
      try spool.fill(from: source)
      open = { () throws(FedMedError) in
        try ArchiveReader(spool.source(named: source.name), kinds: [.update])
      }
    }
    let reader = try open()
    return Update(
      manifest: reader.manifest, identity: reader.identity, name: reader.name, open: open)
  }

  private static func requireFit(_ update: Update, _ first: Update) throws(FedMedError) {
    let (a, b) = (update.manifest, first.manifest)
    func check<Value: Equatable>(
      _ what: String, _ value: KeyPath<Manifest, Value>
    ) throws(FedMedError) {
      guard a[keyPath: value] == b[keyPath: value] else {
        throw FedMedError(.badData, "of another \(what) than \(first.name)", file: update.name)
      }
    }
    try check("method", \.method)
    try check("round", \.round)
    try check("shape", \.encoder?.dimension)
    try check("set of classes", \.classes)
    try check("encoder", \.encoder)
    try check("set of parameters", \.parameters)
    try check("parent", \.parent)
  }

  /// Reads every update in turn and writes the model that they make.
  /// - Parameters:
  ///   - bestRound: the best round by validation so far, for the sites to know.
  ///   - tool: who writes it, with its version.
  ///   - progress: called with the number of updates read.
  public func write(
    rule: any AggregationRule.Type, weights: AggregationWeights, bestRound: Int?, tool: String,
    to descriptor: Int32, file: String, progress: (Int) -> Void = { _ in }
  ) throws(FedMedError) {
    var rule = rule.init()
    for (index, update) in updates.enumerated() {
      let reader = try update.open()
      guard reader.identity == update.identity else {
        throw FedMedError(.ioError, "changed while it was read", file: update.name)
      }
      rule.add(try reader.tensors(), weight: weights.weight(samples: update.samples))
      progress(index + 1)
    }
    guard let first = updates.first?.manifest else {
      throw FedMedError(.usage, "no updates")
    }
    var manifest = Manifest(kind: .model, tool: tool)
    manifest.method = first.method
    manifest.round = first.round
    manifest.samples = updates.reduce(0) { $0 + $1.samples }
    manifest.classes = first.classes
    manifest.encoder = first.encoder
    manifest.parameters = first.parameters
    manifest.aggregation = Manifest.Aggregation(
      rule: type(of: rule).name, weights: weights.rawValue)
    manifest.bestRound = bestRound
    manifest.parent = first.parent
    manifest.inputs = updates.map {
      Manifest.Input(site: $0.site, samples: $0.samples, identity: $0.identity)
    }
    let writer = try ArchiveWriter()
    try writer.add(rule.result())
    try writer.finish(manifest, filter: .none, to: descriptor, file: file)
  }
}
