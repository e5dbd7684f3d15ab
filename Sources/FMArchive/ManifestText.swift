import FMBase

extension Manifest {
  /// All keys, in the order in which they are written.
  private static let keys = [
    "format", "version", "kind", "tool", "method", "run", "list", "round", "site", "sites",
    "samples", "classes", "encoder",
    "anchors", "damage", "shard", "parameters", "predictors", "epsilon", "aggregation", "bestRound",
    "rounds",
    "calibration", "personalized", "privacy", "codec", "encodedFrom", "keyRounds", "encryptionKey",
    "maskingKeys", "seedHash",
    "scale", "weights", "parent", "statistics",
    "draws", "inputs",
    "members",
  ]

  /// The bytes of `manifest.json`: keys in a fixed order, indented by two spaces, with a newline at
  /// the end.
  public var bytes: [UInt8] {
    Array((json.text + "\n").utf8)
  }

  package var json: JSON {
    let head: [(key: String, value: JSON?)] = [
      ("format", .string(Self.formatName)), ("version", .integer(Self.formatVersion)),
      ("kind", .string(kind.rawValue)), ("tool", .string(tool)), ("classes", .strings(classes)),
      ("members", .array(members.map(\.json))),
    ]
    let all = (head + payload.content.fields).compactMap { pair in
      pair.value.map { JSON.Member(key: pair.key, value: $0) }
    }
    return .object(
      Self.keys.compactMap { key in all.first { $0.key == key } })
  }

  private struct Format: Decodable {
    var format: String
    var version: Int
  }

  /// Parses and validates the text of a manifest.
  /// - Throws: `badData` with the place in the manifest if it is malformed or of an unsupported
  ///   version.
  public init(json: [UInt8]) throws(FedMedError) {
    let place = "manifest.json"
    let format: Format = try JSON.decode(json, place: place, limits: .manifest)
    guard format.format == Self.formatName else {
      throw FedMedError(.badData, "not a \(Self.formatName)", place: place)
    }
    guard (1...Self.formatVersion).contains(format.version) else {
      throw FedMedError(
        .badData,
        "unsupported version \(format.version), this tool reads versions up to "
          + "\(Self.formatVersion)",
        place: place)
    }
    self = try JSON.decodeExactly(json, place: place, limits: .manifest) { (manifest: Manifest) in
      format.version == 1 ? manifest.json.version1 : manifest.json
    }
    do throws(FedMedError) {
      try validate()
    } catch {
      throw error.within(place)
    }
  }
}

extension Manifest: Decodable {
  private enum CodingKeys: String, CodingKey { case kind, tool, classes, members }

  /// Decodes a manifest without validating its values.
  /// - Throws: `DecodingError` if a key is missing or has a value of another type; `FedMedError` if
  ///   the method or a hyper-parameter is unknown.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    tool = try container.decode(String.self, forKey: .tool)
    classes = try container.decode([String].self, forKey: .classes)
    members = try container.decode([Member].self, forKey: .members)
    payload = try Payload(try container.decode(Kind.self, forKey: .kind), from: decoder)
  }
}

extension Manifest.Member {
  package var json: JSON {
    .object([
      "name": .string(name), "dtype": .string(dtype.rawValue),
      "shape": .array(shape.map { .integer($0) }), "bytes": .integer(bytes),
      "sha256": .string(sha256),
    ])
  }
}

// MARK: - Version 1

/// Defaults for manifests of version 1, which knew only FedMedCLIP without its ablations.
/// Predictors and the hyper-parameters in `added` did not exist; they have the values that were
/// fixed at the time. `inputs` was always present.
enum Version1 {
  package static let added: Set<String> = ["contrast", "classifier", "masks", "mixture"]
  package static let predictors = ["fam", "mlp", "ensemble"]
}

extension JSON {
  /// A manifest of version 2 in the form that version 1 would have written.
  fileprivate var version1: JSON {
    guard case .object(let members) = self else { return self }
    let list = members.filter { $0.key != "predictors" }.map { member -> Member in
      switch (member.key, member.value) {
      case ("version", _): return Member(key: "version", value: .integer(1))
      case ("parameters", .object(let values)):
        return Member(
          key: "parameters", value: .object(values.filter { !Version1.added.contains($0.key) }))
      default: return member
      }
    }
    let hasInputs = list.contains { $0.key == "inputs" }
    return .object(list + (hasInputs ? [] : [Member(key: "inputs", value: .array([]))]))
  }
}
