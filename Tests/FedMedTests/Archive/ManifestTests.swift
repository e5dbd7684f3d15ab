import Testing

@testable import FedMed

struct ManifestTests {
  func update() -> Manifest {
    var manifest = Manifest(kind: .update, tool: "fm-train-local 0.1.0")
    manifest.method = "fedmedclip"
    manifest.round = 3
    manifest.site = "upper \"extremity\" é\\"
    manifest.samples = 403
    manifest.classes = ["melanoma", "nevus"]
    manifest.encoder = Manifest.Encoder(name: "clip", dimension: 2, logitScale: 100)
    manifest.parameters = HyperParameters()
    manifest.parent = String(repeating: "0", count: 64)
    manifest.members = Method.fedmedclip.shared(dimension: 2).map {
      Manifest.Member(
        name: "\($0.name).npy", dtype: .float32, shape: $0.shape, bytes: 100,
        sha256: String(repeating: "a", count: 64))
    }
    return manifest
  }

  @Test func textIsReadBack() throws {
    let manifest = update()
    #expect(try Manifest(json: manifest.bytes) == manifest)
  }

  @Test func keysComeInOrderAndIndented() {
    let lines = String(decoding: update().bytes, as: UTF8.self).split(separator: "\n")
    let keys = lines.filter { $0.hasPrefix("  \"") }.map { $0.split(separator: "\"")[1] }
    #expect(
      keys == [
        "format", "version", "kind", "tool", "method", "round", "site", "samples", "classes",
        "encoder", "parameters", "parent", "inputs", "members",
      ])
    #expect(update().bytes.last == UInt8(ascii: "\n"))
  }

  func reason(_ change: (inout Manifest) -> Void) -> String {
    var manifest = update()
    change(&manifest)
    return failure { _ = try Manifest(json: manifest.bytes) }?.description ?? "accepted"
  }

  func expectRefused(
    _ part: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ change: (inout Manifest) -> Void
  ) {
    let text = reason(change)
    #expect(text.contains(part), sourceLocation: sourceLocation)
  }

  @Test func whatCannotBeIsRefused() {
    expectRefused("unknown method 'fedfoo'") { $0.method = "fedfoo" }
    expectRefused("no method") { $0.method = nil }
    expectRefused("no site") { $0.site = nil }
    expectRefused("no parent") { $0.parent = nil }
    expectRefused("round: out of range") { $0.round = -1 }
    expectRefused("classes") { $0.classes = [] }
    expectRefused("twice") { $0.classes = ["a", "a"] }
    expectRefused("cannot be a name") { $0.site = "a\nb" }
    expectRefused("encoder.dimension") { $0.encoder?.dimension = 1 << 40 }
    expectRefused("encoder.logitScale") { $0.encoder?.logitScale = 0 }
    expectRefused("parameters.hidden") { $0.parameters?.hidden = 1 << 40 }
    expectRefused("parameters.temperature") { $0.parameters?.temperature = 0 }
    expectRefused("unknown codec 'zip'") { $0.codec = "zip" }
    expectRefused("shape [2, 3], expected [2, 2]") { $0.members[0].shape = [2, 3] }
    expectRefused("|i1, expected <f4") { $0.members[0].dtype = .int8 }
    expectRefused("-1 bytes") { $0.members[0].bytes = -1 }
    expectRefused("bytes") { $0.members[0].bytes = 1 << 50 }
    expectRefused("fam/layer2.threshold.npy: not listed") { $0.members.removeLast() }
    expectRefused("listed twice") { $0.members.append($0.members[0]) }
  }

  /// Nothing travels that no tool knows of, and what is known must be possible.
  @Test func oddValuesAreRefused() {
    expectRefused("parent: no SHA-256 checksum") { $0.parent = "abc" }
    expectRefused("members.sha256") { $0.members[2].sha256 = String(repeating: "G", count: 64) }
    expectRefused("bestRound: out of range") { $0.bestRound = -7 }
    expectRefused("samples: must be at least 1") { $0.samples = 0 }
    expectRefused("cannot be a name") { $0.site = "a\u{202E}b" }
    expectRefused("cannot be a name") { $0.site = "a\u{85}b" }
    expectRefused("samples: out of range") {
      $0.inputs = [Manifest.Input(site: "a", samples: -9, identity: $0.parent ?? "")]
    }
    let text = String(decoding: update().bytes, as: UTF8.self)
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

  /// Long or invisible text could carry what nobody sees.
  @Test func hiddenTextIsRefused() {
    expectRefused("tool: must be one line of at most 256 bytes") {
      $0.tool = String(repeating: "x", count: 257)
    }
    expectRefused("invisible characters") { $0.tool = "fm-train-local\u{1B}[2J" }
    expectRefused("encoder.name: must be one line") {
      $0.encoder?.name = String(repeating: "x", count: 300)
    }
    expectRefused("invisible characters") { $0.encoder?.name = "clip\u{200B}" }
    expectRefused("aggregation: 'a patient' is not a name") {
      ($0.kind, $0.site) = (.model, nil)
      $0.aggregation = Manifest.Aggregation(rule: "a patient", weights: "uniform")
    }
    // What an update is not for has no room in it.
    expectRefused("inputs: has no place in the manifest of update") {
      $0.inputs = [Manifest.Input(site: "Jane Doe", samples: 1, identity: $0.parent ?? "")]
    }
    expectRefused("calibration: has no place") {
      $0.calibration = Manifest.Calibration(model: $0.parent ?? "", temperature: 1.5)
    }
    // Not shown, or not seen: a variation selector, a filler, spaces alone, private use.
    for name in ["a\u{FE01}", "a\u{3164}", "\u{2800}", "  ", "a\u{E000}", "a\u{E0041}"] {
      expectRefused("cannot be a name") { $0.site = name }
    }
    // A hospital that claims more samples than there are people stops nobody's sum.
    expectRefused("samples: out of range") { $0.samples = 1 << 40 }
    for rest in ["\n\n", " ", "\t\n", "\u{0}"] {
      let text = update().bytes.dropLast() + Array(rest.utf8)
      #expect(failure { _ = try Manifest(json: Array(text)) }?.code == .badData)
    }
  }

  /// Layout, order of keys and spelling of numbers are free.
  @Test func otherLayoutsAreRead() throws {
    let text = String(decoding: update().bytes, as: UTF8.self)
      .replacing("\n  ", with: " ").replacing("0.0005", with: "5e-4").replacing(
        "100.0", with: "100")
    #expect(try Manifest(json: Array(text.utf8)) == update())
  }

  /// An update has no room for what is private.
  @Test func privateMembersHaveNoPlaceInAnUpdate() {
    let text = reason {
      $0.members.append(
        Manifest.Member(
          name: "mlp/layer1.weight.npy", dtype: .float32, shape: [1], bytes: 4,
          sha256: $0.members[0].sha256))
    }
    #expect(text.contains("mlp/layer1.weight.npy: has no place in an archive of update"))
  }

  @Test func versionAndFormatAreChecked() {
    func change(_ from: String, _ to: String) -> String {
      let text = String(decoding: update().bytes, as: UTF8.self)
      let changed = text.replacing(from, with: to, maxReplacements: 1)
      return failure { _ = try Manifest(json: Array(changed.utf8)) }?.description ?? "accepted"
    }
    #expect(change("\"version\": 1", "\"version\": 2").contains("version 2, this tool reads 1"))
    #expect(change("fedmed-archive", "other").contains("not a fedmed-archive"))
    #expect(change("\"update\"", "\"upgrade\"").contains("kind"))
    #expect(change("\"samples\": 403", "\"samples\": \"x\"").contains("samples has the wrong type"))
    #expect(change("{", "[").contains("not JSON"))
    #expect(change("\"classes\"", "\"klasses\"").contains("no classes"))
    #expect(change("\"round\": 3", "\"round\": 3, \"round\": 4").contains("duplicate key 'round'"))
    let deep = Array(String(repeating: "[", count: 100_000).utf8)
    #expect(failure { _ = try Manifest(json: deep) }?.code == .badData)
  }
}
