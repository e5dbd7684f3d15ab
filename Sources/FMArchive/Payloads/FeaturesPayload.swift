import FMBase

/// The part of a manifest specific to features.
public struct FeaturesPayload: PayloadContent {
  /// The encoder that the features come from.
  public var encoder: Manifest.Encoder
  /// N, the number of samples.
  public var samples: Int
  /// The site; `nil` before partitioning.
  public var site: String?
  /// The number of reference images from which each class anchor was made; they are excluded from
  /// the samples. `nil` without anchors.
  public var anchors: Int?
  /// The corruption deliberately applied to the images, such as `blur=2`; `nil` if there was none.
  public var damage: String?
  /// Which images of an extraction are in the archive; `nil` for all.
  public var shard: Manifest.Shard?
  /// The identity of the feature archive from which it was partitioned; `nil` if there is none.
  public var parent: String?

  /// Creates a payload without optional keys.
  public init(encoder: Manifest.Encoder, samples: Int) {
    (self.encoder, self.samples) = (encoder, samples)
  }

  var fields: [(key: String, value: JSON?)] {
    [
      ("encoder", encoder.json), ("samples", .integer(samples)), ("site", site.map { .string($0) }),
      ("anchors", anchors.map { .integer($0) }), ("damage", damage.map { .string($0) }),
      ("shard", shard?.json), ("parent", parent.map { .string($0) }),
    ]
  }

  package func validate() throws(FedMedError) {
    try encoder.validate()
    try Check.samples(samples)
    if let site { try Check.name(site, "site") }
    if let anchors { try Check.round(anchors, "anchors") }
    if let damage {
      try Check.value(
        ImageDamage(damage) != nil, "damage", "unknown corruption '\(printable(damage))'")
    }
    try shard?.validate(samples: samples)
    try Check.checksum(parent, "parent")
  }

  func memberRules(classes: Int) -> [MemberRule] {
    let (n, d) = (samples, encoder.dimension)
    return [
      MemberRule("features.npy", [.float16, .float32], [n, d]),
      MemberRule("labels.npy", [.int32], [n], isRequired: false),
      MemberRule("text.npy", [.float32], [classes, d]),
      MemberRule("samples.tsv", [.text], [n + 1]),
      MemberRule("split.txt", [.text], [n], isRequired: false),
    ]
  }
}

extension Manifest {
  /// One of the n parts into which an extraction is divided: the images at places i, i + n, i + 2 n and so
  /// on, counted from 1.
  public struct Shard: Codable, Equatable, Sendable {
    /// i, from 1.
    public var index: Int
    /// n.
    public var count: Int
    /// The places, in the part and from 0, of the images that could not be read.
    public var skipped: [Int]

    /// Creates a description of a part.
    public init(index: Int, count: Int, skipped: [Int] = []) {
      (self.index, self.count, self.skipped) = (index, count, skipped)
    }

    /// The largest number of parts.
    public static let largestCount = 10_000

    package func validate(samples: Int) throws(FedMedError) {
      try Check.value(
        (1...Self.largestCount).contains(count) && (1...count).contains(index), "shard",
        "must be between 1 and \(Self.largestCount)")
      try Check.value(
        zip(skipped, skipped.dropFirst()).allSatisfy { $0 < $1 }
          && (skipped.first ?? 0) >= 0 && (skipped.last ?? 0) < samples + skipped.count,
        "shard.skipped", "must be increasing places in the part")
    }

    var json: JSON {
      .object([
        "index": .integer(index), "count": .integer(count),
        "skipped": .array(skipped.map { .integer($0) }),
      ])
    }
  }
}
