import Testing

@testable import FMArchive
@testable import FMBase
@testable import FMFederation
@testable import FMMethods
@testable import FMReports

/// Archives of version 1 of the format.
struct Version1Tests {
  static let kinds = [
    "features", "model", "update", "state", "server", "report", "predictions",
  ]

  func path(_ name: String) throws -> String { try Golden.url("version1/\(name).tar.gz").path }

  @Test(arguments: kinds)
  func readsAllKinds(kind: String) throws {
    let (manifest, _) = try ArchiveCheck.check(path: path(kind))
    #expect(manifest.kind.rawValue == kind)
    // Written again, the archive has version 2.
    #expect(try Manifest(json: manifest.bytes) == manifest)
    #expect(String(decoding: manifest.bytes, as: UTF8.self).contains("\"version\": 2"))
  }

  /// Hyper-parameters that version 1 lacked have the values that were then built in.
  @Test func usesDefaultsForLaterAdditions() throws {
    let model = try ModelArchive(model: path("model"))
    for (key, value) in model.run.parameters.values where Version1.added.contains(key) {
      let declared = MethodDefinition.fedmedclip.ownParameters.first { $0.key == key }
      #expect(value == declared?.defaultScalar)
    }
    #expect(Version1.added.isSubset(of: model.run.parameters.values.map(\.key)))
    let report = try SiteReport(path: path("report"))
    #expect(report.report.predictors == ["fam", "mlp", "ensemble", "calibrated"])
    #expect(report.report.final != nil)
  }

  /// Training with a model and a state of version 1 gives an update of version 2.
  @Test func resumesARunOfVersion1() throws {
    let model = try ModelArchive(model: path("model"))
    let features = try FeatureSet(ArchiveReader(path: path("features"), kinds: [.features]))
    let state = try StateArchive(path: path("state"))
    #expect(state.temperature(for: model.identity) != nil)
    let round = try SiteRound(model: model, features: features, state: state, stateName: "state")
    #expect(round.round == 2)
    let server = try ServerState(path: path("server"))
    #expect(server.optimizer == "fedadam" && server.round == 1)
  }

  /// Lossless recompression keeps the identity of an archive.
  @Test func keepsIdentities() throws {
    let folder = try TemporaryFolder()
    let model = try ModelArchive(model: path("model"))
    let copy = try folder.create("copy.tar") { descriptor, file throws(FedMedError) in
      _ = try Compressor.encode(
        model, codec: Float32Codec.self, filter: .gzip, tool: "t 1", to: descriptor, file: file)
    }
    #expect(try ModelArchive(model: copy).identity == model.identity)
  }

  /// Version 1 cannot contain later keys, and version 2 must contain all keys.
  @Test func refusesMixedVersions() throws {
    let reader = try ArchiveReader(path: path("model"), kinds: [.model])
    let text = String(decoding: reader.manifestBytes, as: UTF8.self)
    func reason(_ from: String, _ to: String) -> String? {
      let changed = text.replacing(from, with: to, maxReplacements: 1)
      #expect(changed != text)
      return failure { _ = try Manifest(json: Array(changed.utf8)) }?.reason
    }
    #expect(
      reason("\"hidden\":", "\"masks\": \"none\", \"hidden\":")?.contains("is unknown") == true)
    #expect(reason("\"version\": 1", "\"version\": 2") == "missing key 'parameters.contrast'")
    #expect(reason("\"version\": 1", "\"version\": 0")?.contains("version 0") == true)
  }
}
