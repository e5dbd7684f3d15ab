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
      ("parent", parent.map { .string($0) }),
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
