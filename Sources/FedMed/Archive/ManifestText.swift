extension Manifest {
  /// The bytes of `manifest.json`: keys in a fixed order, two-space indent, one newline at the end.
  public var bytes: [UInt8] {
    Array((json.text + "\n").utf8)
  }

  var json: JSON {
    .object([
      "format": .string(Self.formatName),
      "version": .integer(Self.formatVersion),
      "kind": .string(kind.rawValue),
      "tool": .string(tool),
      "method": method.map { .string($0) },
      "round": round.map { .integer($0) },
      "site": site.map { .string($0) },
      "samples": samples.map { .integer($0) },
      "classes": .strings(classes),
      "encoder": encoder?.json,
      "anchors": anchors.map { .integer($0) },
      "damage": damage.map { .string($0) },
      "parameters": parameters?.json,
      "aggregation": aggregation.map {
        .object([
          "rule": .string($0.rule), "weights": .string($0.weights),
          "optimizer": $0.optimizer.map { .string($0) },
        ])
      },
      "bestRound": bestRound.map { .integer($0) },
      "rounds": rounds.map {
        .object([
          "latest": .integer($0.latest), "previous": .integer($0.previous),
          "best": $0.best.map { .integer($0) },
        ])
      },
      "calibration": calibration.map {
        .object(["model": .string($0.model), "temperature": .number($0.temperature)])
      },
      "codec": codec.map { .string($0) },
      "encodedFrom": encodedFrom.map { .string($0) },
      "parent": parent.map { .string($0) },
      "inputs": .array(
        inputs.map {
          .object([
            "site": .string($0.site), "samples": .integer($0.samples),
            "identity": .string($0.identity),
          ])
        }),
      "members": .array(
        members.map {
          .object([
            "name": .string($0.name), "dtype": .string($0.dtype.rawValue),
            "shape": .array($0.shape.map { .integer($0) }), "bytes": .integer($0.bytes),
            "sha256": .string($0.sha256),
          ])
        }),
    ])
  }
}

extension Manifest.Encoder {
  public var json: JSON {
    .object([
      "name": .string(name), "dimension": .integer(dimension), "logitScale": .number(logitScale),
      "sha256": sha256.map { .string($0) }, "settings": settings.map { .string($0) },
      "text": text.map { .string($0) },
    ])
  }
}

extension HyperParameters {
  public var json: JSON {
    .object([
      "seed": .integer(Int(seed)), "batchSize": .integer(batchSize),
      "localEpochs": .integer(localEpochs), "learningRateFAM": .number(learningRateFAM),
      "learningRateMLP": .number(learningRateMLP), "decay": .number(decay),
      "beta1": .number(beta1), "beta2": .number(beta2), "epsilon": .number(epsilon),
      "weightDecay": .number(weightDecay), "lambda": .number(lambda),
      "temperature": .number(temperature), "hidden": .integer(hidden),
    ])
  }
}
