import FMCommand
import FedMed

extension Extract {
  /// Joins shards.
  func join(_ inputs: [String]) throws(FedMedError) {
    guard !imported.isImport, !imported.isGiven, !model.isGiven, !images.isGiven, !series.isGiven,
      table == nil,
      classes == nil, encoder == nil
    else {
      throw FedMedError(
        .usage, "--join can be combined only with --anchors, --seed, --text and --output")
    }
    guard !input.isEmpty else { throw FedMedError(.usage, "no archives given") }
    guard text == nil || images.anchors == nil else {
      throw FedMedError(.usage, "--text cannot be combined with --anchors")
    }
    var shards: [FeatureSet] = []
    for path in input {
      shards.append(
        try FeatureSet(
          ArchiveReader(path: path, kinds: [.features]), isShardAccepted: true))
    }
    var set = try FeatureSet.joining(shards)
    if let text {
      set.text = try FeatureImport.text(
        path: text, classes: set.classes.count, dimension: set.encoder.dimension)
    }
    if let anchors = images.anchors {
      try set.drawAnchors(anchors, seed: images.seed)
    } else if !set.hasText {
      throw FedMedError(
        .usage, "the archives have no class texts", hint: "use --anchors or --text")
    }
    try write(set, inputs)
  }
}
