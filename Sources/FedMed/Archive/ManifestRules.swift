extension Manifest {
  /// The largest feature size. A model takes memory by its square, 134 MB at this limit.
  static let largestDimension = 4096
  /// The largest number of classes.
  static let largestClasses = 1 << 12

  /// The longest name of an encoder or a tool, in bytes of UTF-8.
  static let longestName = 256
  /// The most bytes that a line of text may take, on average over a member's lines.
  static let longestLine = 1 << 12

  /// What a member may look like.
  private struct Rule {
    let name: String
    let types: [ElementType]
    let shape: [Int]
    var required = true

    /// The most bytes that such a member may take, so that a small file cannot unpack to a large one.
    func limit(_ type: ElementType) -> Int {
      switch type {
      case .json: return JSONLimits.report.bytes
      case .text: return min((shape.first ?? 0) * Manifest.longestLine, Table.sizeLimit)
      default:
        // The data, and a header that NumPy pads as it likes.
        let (bytes, overflow) = (ArrayHeader.count(shape) ?? .max)
          .multipliedReportingOverflow(by: type.size ?? 1)
        return overflow ? .max : min(bytes, ArchiveReader.sizeLimit) + 1 << 12
      }
    }
  }

  /// Checks everything that a manifest alone can tell: the values of its keys, and for its kind
  /// which members there are, of which types and shapes.
  /// - Throws: `badData` with the place in the manifest.
  func validate() throws(FedMedError) {
    try validateValues()
    let rules = try memberRules()
    var names: Set<String> = []
    var total = 0
    for member in members {
      let place = printable(member.name)
      guard names.insert(member.name).inserted else {
        throw FedMedError(.badData, "listed twice", place: place)
      }
      guard let rule = rules.first(where: { $0.name == member.name }) else {
        throw FedMedError(.badData, "has no place in an archive of \(kind.rawValue)", place: place)
      }
      guard rule.types.contains(member.dtype) else {
        throw FedMedError(
          .badData, "\(member.dtype.rawValue), expected \(rule.types[0].rawValue)", place: place)
      }
      guard member.shape == rule.shape else {
        throw FedMedError(
          .badData, "shape \(member.shape), expected \(rule.shape)", place: place)
      }
      guard (0...rule.limit(member.dtype)).contains(member.bytes) else {
        throw FedMedError(
          .badData, "\(member.bytes) bytes, at most \(rule.limit(member.dtype))", place: place)
      }
      total += member.bytes
      guard total <= ArchiveReader.sizeLimit else {
        throw FedMedError(.badData, "more than \(ArchiveReader.sizeLimit) bytes", place: "members")
      }
    }
    for rule in rules where rule.required && !names.contains(rule.name) {
      throw FedMedError(.badData, "not listed", place: rule.name)
    }
    // Arrays are taken in this order, which must be that of every other archive of the kind.
    let expected = rules.map(\.name).filter(names.contains)
    if let (member, name) = zip(members, expected).first(where: { $0.name != $1 }) {
      throw FedMedError(
        .badData, "listed in the place of \(name)", place: printable(member.name))
    }
  }

  /// Checks the values that do not depend on the kind.
  func validateValues() throws(FedMedError) {
    func check(_ valid: Bool, _ place: String, _ reason: String) throws(FedMedError) {
      guard valid else { throw FedMedError(.badData, reason, place: place) }
    }
    for (value, key) in [
      (round, "round"), (bestRound, "bestRound"), (rounds?.latest, "rounds.latest"),
      (rounds?.previous, "rounds.previous"), (rounds?.best, "rounds.best"), (anchors, "anchors"),
    ] {
      try check((0...1_000_000_000).contains(value ?? 0), key, "out of range")
    }
    // The sum over a million sites is one that a model may have.
    for count in (kind == .model ? [] : [samples ?? 0]) + inputs.map(\.samples) {
      try check((0...(1 << 30)).contains(count), "samples", "out of range")
    }
    try check((0...(1 << 50)).contains(samples ?? 0), "samples", "out of range")
    try checkKeys()
    for (value, key) in [
      (parent, "parent"), (encodedFrom, "encodedFrom"), (encoder?.sha256, "encoder.sha256"),
      (encoder?.settings, "encoder.settings"),
      (encoder?.text, "encoder.text"), (calibration?.model, "calibration.model"),
    ] + inputs.map({ ($0.identity, "inputs.identity") })
      + members.map({ ($0.sha256, "members.sha256") })
    {
      try check(value.map(Self.isChecksum) ?? true, key, "no SHA-256 checksum")
    }
    try check(
      (1...Self.largestClasses).contains(classes.count), "classes",
      "there must be from 1 to \(Self.largestClasses)")
    try check(Set(classes).count == classes.count, "classes", "one is named twice")
    for name in classes + [site ?? "-"] + inputs.map(\.site) {
      try check(Self.isName(name), "classes or site", "'\(printable(name))' cannot be a name")
    }
    for (name, key) in [(tool, "tool"), (encoder?.name, "encoder.name")] {
      try check(
        name.map { Self.isName($0) && $0.utf8.count <= Self.longestName } ?? true, key,
        "must be one line of at most \(Self.longestName) bytes")
    }
    if let aggregation {
      for name in [aggregation.rule, aggregation.weights, aggregation.optimizer ?? "-"] {
        try check(Self.isWord(name), "aggregation", "'\(printable(name))' is not a name")
      }
    }
    if let encoder {
      try check(
        (1...Self.largestDimension).contains(encoder.dimension), "encoder.dimension",
        "must be from 1 to \(Self.largestDimension)")
      try check(
        encoder.logitScale > 0 && encoder.logitScale <= 300, "encoder.logitScale",
        "must be above 0 and at most 300")
    }
    if let damage { try check(ImageDamage(damage) != nil, "damage", "none that is known") }
    if let calibration {
      try check(
        Calibration.temperatures.contains(calibration.temperature), "calibration.temperature",
        "out of range")
    }
    if let parameters { try parameters.validate() }
  }

  /// A manifest says what its kind is for, and no more: what leaves a site has no room for anything else.
  private func checkKeys() throws(FedMedError) {
    let given: [(key: String, isGiven: Bool)] = [
      ("method", method != nil), ("round", round != nil), ("site", site != nil),
      ("encoder", encoder != nil), ("anchors", anchors != nil), ("damage", damage != nil),
      ("parameters", parameters != nil), ("aggregation", aggregation != nil),
      ("bestRound", bestRound != nil), ("rounds", rounds != nil),
      ("calibration", calibration != nil), ("codec", codec != nil),
      ("encodedFrom", encodedFrom != nil), ("parent", parent != nil), ("inputs", !inputs.isEmpty),
    ]
    let allowed: Set<String> =
      switch kind {
      case .features: ["site", "encoder", "anchors", "damage", "parent"]
      case .update:
        ["method", "round", "site", "encoder", "parameters", "codec", "encodedFrom", "parent"]
      case .model:
        [
          "method", "round", "encoder", "parameters", "aggregation", "bestRound", "codec",
          "encodedFrom", "parent", "inputs",
        ]
      case .state:
        ["method", "round", "site", "encoder", "parameters", "rounds", "calibration", "parent"]
      case .server:
        ["method", "round", "encoder", "parameters", "aggregation", "parent", "inputs"]
      case .predictions, .report: ["method", "round", "site", "parent"]
      }
    if let odd = given.first(where: { $0.isGiven && !allowed.contains($0.key) }) {
      throw FedMedError(
        .badData, "has no place in the manifest of \(kind.rawValue)", place: odd.key)
    }
  }

  /// Whether `name` can name a site, a class or a sample: not empty, on one line, without tabs, and
  /// without invisible characters that could make it look like another name.
  public static func isName(_ name: String) -> Bool {
    name.utf8.count <= 1024 && name.contains { !$0.isWhitespace }
      && name.unicodeScalars.allSatisfy(\.isVisible)
  }

  /// Whether `text` can name a rule or an optimiser: lower-case letters, digits and hyphens.
  private static func isWord(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (48...57).contains($0) || (97...122).contains($0) || $0 == UInt8(ascii: "-")
      }
  }

  private static func isChecksum(_ text: String) -> Bool {
    text.utf8.count == 64
      && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }

  private func memberRules() throws(FedMedError) -> [Rule] {
    func need<Value>(_ value: Value?, _ key: String) throws(FedMedError) -> Value {
      guard let value else { throw FedMedError(.badData, "no \(key)") }
      return value
    }
    let (floats, whole) = ([ElementType.float32], [ElementType.int32])
    switch kind {
    case .features:
      let (n, d) = (try need(samples, "samples"), try need(encoder, "encoder").dimension)
      return [
        Rule(name: "features.npy", types: [.float16, .float32], shape: [n, d]),
        Rule(name: "labels.npy", types: whole, shape: [n], required: false),
        Rule(name: "text.npy", types: floats, shape: [classes.count, d]),
        Rule(name: "samples.tsv", types: [.text], shape: [n + 1]),
        Rule(name: "split.txt", types: [.text], shape: [n], required: false),
      ]
    case .model, .update:
      let method = try Method(named: need(method, "method"))
      _ = try need(round, "round")
      _ = try need(parameters, "parameters")
      if kind == .update {
        _ = (try need(site, "site"), try need(parent, "parent"))
        guard try need(samples, "samples") > 0 else {
          throw FedMedError(.badData, "must be at least 1", place: "samples")
        }
      }
      let type = try codec.map { name throws(FedMedError) in try Codecs.named(name).elementType }
      return method.shared(dimension: try need(encoder, "encoder").dimension).map {
        Rule(name: "\($0.name).npy", types: [type ?? .float32], shape: $0.shape)
      }
    case .state:
      let layout = try Method(named: need(method, "method")).local(
        dimension: need(encoder, "encoder").dimension,
        hidden: need(parameters, "parameters").hidden, classes: classes.count)
      _ = (try need(site, "site"), try need(parent, "parent"))
      let held =
        try need(rounds, "rounds").best == nil ? ["", "previous/"] : ["", "previous/", "best/"]
      return held.flatMap { prefix in
        layout.map { Rule(name: "\(prefix)\($0.name).npy", types: floats, shape: $0.shape) }
      }
    case .server:
      let layout = try Method(named: need(method, "method")).shared(
        dimension: need(encoder, "encoder").dimension)
      _ = (try need(round, "round"), try need(parameters, "parameters"))
      _ = try need(try need(aggregation, "aggregation").optimizer, "aggregation.optimizer")
      return ["first", "second"].flatMap { moment in
        layout.map { Rule(name: "\(moment)/\($0.name).npy", types: floats, shape: $0.shape) }
      }
    case .predictions:
      let (n, c) = (try need(samples, "samples"), classes.count)
      return [
        Rule(name: "samples.txt", types: [.text], shape: [n]),
        Rule(name: "probabilities.npy", types: floats, shape: [n, c]),
        Rule(name: "fam.npy", types: floats, shape: [n, c], required: false),
        Rule(name: "mlp.npy", types: floats, shape: [n, c], required: false),
        Rule(name: "calibrated.npy", types: floats, shape: [n, c], required: false),
        Rule(name: "labels.npy", types: whole, shape: [n], required: false),
      ]
    case .report:
      return [Rule(name: "metrics.json", types: [.json], shape: [])]
    }
  }
}
