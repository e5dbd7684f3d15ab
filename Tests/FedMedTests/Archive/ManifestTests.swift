import Testing

@testable import FMArchive
@testable import FMBase
@testable import FMMethods

struct ManifestTests {
  func update() throws -> Manifest {
    let run = RunPayload(
      method: "fedmedclip", parameters: try MethodDefinition.fedmedclip.values(),
      encoder: Manifest.Encoder(name: "clip", dimension: 2, logitScale: 100))
    var manifest = Manifest(
      tool: "fm-train-local 0.1.0", classes: ["melanoma", "nevus"],
      .update(
        UpdatePayload(
          run: run, round: 3, site: "upper \"extremity\" é\\", samples: 403,
          parent: String(repeating: "0", count: 64))))
    manifest.members = FeatureAdaptation.layout(dimension: 2, isMasked: true).map {
      Manifest.Member(
        name: "\($0.name).npy", dtype: .float32, shape: $0.shape, bytes: 100,
        sha256: String(repeating: "a", count: 64))
    }
    return manifest
  }

  @Test func readsItsTextBack() throws {
    let manifest = try update()
    #expect(try Manifest(json: manifest.bytes) == manifest)
  }

  @Test func writesKeysInOrderAndIndented() throws {
    let lines = String(decoding: try update().bytes, as: UTF8.self).split(separator: "\n")
    let keys = lines.filter { $0.hasPrefix("  \"") }.map { $0.split(separator: "\"")[1] }
    #expect(
      keys == [
        "format", "version", "kind", "tool", "method", "round", "site", "samples", "classes",
        "encoder", "parameters", "parent", "members",
      ])
    #expect(try update().bytes.last == UInt8(ascii: "\n"))
  }

  func reason(_ change: (inout Manifest) -> Void) throws -> String {
    var manifest = try update()
    change(&manifest)
    return failure { _ = try Manifest(json: manifest.bytes) }?.description ?? "accepted"
  }

  func expectRefused(
    _ part: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ change: (inout Manifest) -> Void
  ) throws {
    let text = try reason(change)
    #expect(text.contains(part), sourceLocation: sourceLocation)
  }

  @Test func refusesImpossibleManifests() throws {
    try expectRefused("unknown method 'fedfoo'") { $0.update.run.method = "fedfoo" }
    for key in ["method", "site", "parent", "encoder", "parameters", "round", "samples"] {
      let text = String(decoding: try update().bytes, as: UTF8.self)
        .replacing("\"\(key)\":", with: "\"no\":", maxReplacements: 1)
      let error = failure { _ = try Manifest(json: Array(text.utf8)) }
      #expect(error?.reason == "missing key '\(key)'")
    }
    try expectRefused("round: out of range") { $0.update.round = -1 }
    try expectRefused("classes") { $0.classes = [] }
    try expectRefused("duplicate name") { $0.classes = ["a", "a"] }
    try expectRefused("cannot be a name") { $0.update.site = "a\nb" }
    try expectRefused("encoder.dimension") { $0.update.run.encoder.dimension = 1 << 40 }
    try expectRefused("encoder.logitScale") { $0.update.run.encoder.logitScale = 0 }
    try expectRefused("parameters.hidden") { $0.update.run.parameters[FedMedCLIP.hidden] = 1 << 40 }
    try expectRefused("parameters.temperature") {
      $0.update.run.parameters[FedMedCLIP.temperature] = 0
    }
    try expectRefused("unknown codec 'zip'") { $0.update.coding.codec = "zip" }
    try expectRefused("shape [2, 3], expected [2, 2]") { $0.members[0].shape = [2, 3] }
    try expectRefused("|i1, expected <f4") { $0.members[0].dtype = .int8 }
    try expectRefused("-1 bytes") { $0.members[0].bytes = -1 }
    try expectRefused("bytes") { $0.members[0].bytes = 1 << 50 }
    try expectRefused("fam/layer2.threshold.npy: not listed") { $0.members.removeLast() }
    try expectRefused("listed twice") { $0.members.append($0.members[0]) }
  }

  /// Unknown keys could carry data out of a site, so they are refused, as are impossible values.
  @Test func refusesUnknownKeysAndInvalidValues() throws {
    try expectRefused("parent: not a SHA-256 checksum") { $0.update.parent = "abc" }
    try expectRefused("members.sha256") { $0.members[2].sha256 = String(repeating: "G", count: 64) }
    try expectRefused("bestRound: out of range") {
      var model = ModelPayload(run: $0.update.run, round: 3)
      model.bestRound = -7
      $0.payload = .model(model)
    }
    try expectRefused("samples: must be at least 1") { $0.update.samples = 0 }
    try expectRefused("cannot be a name") { $0.update.site = "a\u{202E}b" }
    try expectRefused("cannot be a name") { $0.update.site = "a\u{85}b" }
    try expectRefused("samples: out of range") {
      var model = ModelPayload(run: $0.update.run, round: 3)
      model.inputs = [Manifest.Input(site: "a", samples: -9, identity: $0.update.parent)]
      $0.payload = .model(model)
    }
    let text = String(decoding: try update().bytes, as: UTF8.self)
    for (key, place) in [
      ("\"patients\": [\"x\"],", "manifest.patients"), ("\"codec\": null,", "manifest.codec"),
    ] {
      let changed = text.replacing("{", with: "{" + key, maxReplacements: 1)
      let reason = failure { _ = try Manifest(json: Array(changed.utf8)) }?.description ?? ""
      #expect(reason.contains("\(place) is unknown"))
    }
    let inner = text.replacing("\"dimension\"", with: "\"ssn\": 1, \"dimension\"")
    let reason = failure { _ = try Manifest(json: Array(inner.utf8)) }?.description ?? ""
    #expect(reason.contains("manifest.encoder.ssn is unknown"))
  }

  /// Long or invisible text could carry data that nobody notices.
  @Test func refusesHiddenText() throws {
    try expectRefused("tool: must be one line of at most 256 bytes") {
      $0.tool = String(repeating: "x", count: 257)
    }
    try expectRefused("invisible characters") { $0.tool = "fm-train-local\u{1B}[2J" }
    try expectRefused("encoder.name: must be one line") {
      $0.update.run.encoder.name = String(repeating: "x", count: 300)
    }
    try expectRefused("invisible characters") { $0.update.run.encoder.name = "clip\u{200B}" }
    try expectRefused("aggregation: invalid name 'a patient'") {
      var model = ModelPayload(run: $0.update.run, round: 3)
      model.aggregation = Manifest.Aggregation(rule: "a patient", weights: "uniform")
      $0.payload = .model(model)
    }
    // An update cannot contain keys of other kinds.
    try expectRefused("inputs: not allowed, because this method sends no statistics") {
      $0.update.inputs = [
        Manifest.Input(
          site: "Jane Doe", samples: $0.update.samples, identity: $0.update.parent)
      ]
    }
    for key in [
      "\"statistics\": true,", "\"calibration\": {\"temperature\": 1.5},",
      "\"predictors\": [\"Jane Doe\"],",
    ] {
      let text = String(decoding: try update().bytes, as: UTF8.self)
        .replacing("{", with: "{" + key, maxReplacements: 1)
      let error = failure { _ = try Manifest(json: Array(text.utf8)) }
      #expect(error?.reason.contains("is unknown") == true)
    }
    // Invisible text: a variation selector, a filler, only spaces, a private-use character.
    for name in ["a\u{FE01}", "a\u{3164}", "\u{2800}", "  ", "a\u{E000}", "a\u{E0041}"] {
      try expectRefused("cannot be a name") { $0.update.site = name }
    }
    // A site that claims more samples than there are people must not break the sum.
    try expectRefused("samples: out of range") { $0.update.samples = 1 << 40 }
    for rest in ["\n\n", " ", "\t\n", "\u{0}"] {
      let text = try update().bytes.dropLast() + Array(rest.utf8)
      #expect(failure { _ = try Manifest(json: Array(text)) }?.code == .badData)
    }
  }

  /// The layout, the order of keys and the spelling of numbers are not prescribed.
  @Test func readsOtherLayouts() throws {
    let text = String(decoding: try update().bytes, as: UTF8.self)
      .replacing("\n  ", with: " ").replacing("0.0005", with: "5e-4").replacing(
        "100.0", with: "100")
    #expect(try Manifest(json: Array(text.utf8)) == update())
  }

  @Test func refusesPrivateMembersInAnUpdate() throws {
    let text = try reason {
      $0.members.append(
        Manifest.Member(
          name: "mlp/layer1.weight.npy", dtype: .float32, shape: [1], bytes: 4,
          sha256: $0.members[0].sha256))
    }
    #expect(text.contains("mlp/layer1.weight.npy: not allowed in an archive of kind update"))
  }

  @Test func checksVersionAndFormat() throws {
    func change(_ from: String, _ to: String) throws -> String {
      let text = String(decoding: try update().bytes, as: UTF8.self)
      let changed = text.replacing(from, with: to, maxReplacements: 1)
      return failure { _ = try Manifest(json: Array(changed.utf8)) }?.description ?? "accepted"
    }
    #expect(
      try change("\"version\": 2", "\"version\": 3").contains(
        "version 3, this tool reads versions up"))
    #expect(try change("fedmed-archive", "other").contains("not a fedmed-archive"))
    #expect(try change("\"update\"", "\"upgrade\"").contains("kind"))
    #expect(
      try change("\"samples\": 403", "\"samples\": \"x\"").contains("samples has the wrong type"))
    #expect(try change("{", "[").contains("not JSON"))
    #expect(try change("\"classes\"", "\"klasses\"").contains("missing key 'classes'"))
    #expect(
      try change("\"round\": 3", "\"round\": 3, \"round\": 4").contains("duplicate key 'round'"))
    let deep = Array(String(repeating: "[", count: 100_000).utf8)
    #expect(failure { _ = try Manifest(json: deep) }?.code == .badData)
  }
}
