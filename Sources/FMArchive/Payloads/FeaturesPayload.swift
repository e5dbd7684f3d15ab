import FMBase

/// The manifest of features.
public struct FeaturesPayload: PayloadContent {
  public var encoder: Manifest.Encoder
  /// N.
  public var samples: Int
  /// nil before partitioning.
  public var site: String?
  /// How many reference images of each class its anchor was made of, and are left out.
  public var anchors: Int?
  /// What was done to the images on purpose, to see what a model makes of it: `blur=2`.
  public var damage: String?
  /// The identity of the features that it is a part of.
  public var parent: String?

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
      try Check.value(ImageDamage(damage) != nil, "damage", "none that is known")
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
