import Foundation
import Testing

@testable import FMArchive
@testable import FMBase
@testable import FMFederation
@testable import FMLayers
@testable import FMMethods
@testable import FMMetrics
@testable import FMNumerics

/// Answers from folders that sites can write to.
struct ReceptionTests {
  let folder: TemporaryFolder
  let exchange: String
  let model: ModelArchive

  init() throws {
    folder = try TemporaryFolder()
    exchange = folder.path("exchange")
    for site in ["a", "b"] {
      try FileManager.default.createDirectory(
        atPath: "\(exchange)/\(site)/answer", withIntermediateDirectories: true)
    }
    model = try smallModel(folder, like: smallFeatures())
  }

  private func place(_ name: String, site: String = "a") -> String {
    "\(exchange)/\(site)/answer/\(name)"
  }

  /// Writes an update of the model, as `site` would send it.
  private func update(
    of site: String, into name: String = "update.tar", change: (inout Manifest) -> Void = { _ in }
  ) throws -> String {
    try folder.create(name) { descriptor, file throws(FedMedError) in
      let writer = try ArchiveWriter()
      try writer.add(model.tensors)
      let payload = UpdatePayload(
        run: model.run, round: 1, site: site, samples: 9, parent: model.identity)
      var manifest = Manifest(
        tool: "t 1", classes: model.manifest.classes, .update(payload))
      change(&manifest)
      try writer.finish(manifest, filter: .none, to: descriptor, file: file)
    }
  }

  private func reception(_ known: [String: String] = [:]) -> Reception {
    Reception(.update, model: model, signers: nil, names: ["a", "b", "site-2"], known: known)
  }

  private func decide(_ site: String = "a") throws -> Reception.Decision? {
    var reception = reception()
    return try reception.decide(name: site, exchange: exchange, suffix: ".tar")
  }

  @Test func copiesAndClearsAValidAnswer() throws {
    #expect(try decide() == nil)
    try FileManager.default.moveItem(atPath: update(of: "a"), toPath: place("update.tar"))
    let decision = try #require(try decide())
    #expect(decision.refusal == nil && decision.site == "a" && !decision.isLate)
    // The verified bytes are written, even if the file has changed since.
    let before = try folder.read("exchange/a/answer/update.tar")
    try Data("other".utf8).write(to: URL(fileURLWithPath: place("update.tar")))
    try folder.create("kept.tar") { descriptor, file throws(FedMedError) in
      try decision.writeArchive(to: descriptor, file: file)
    }
    #expect(try folder.read("kept.tar") == before)
    decision.clear()
    #expect(!FileManager.default.fileExists(atPath: place("update.tar")))
  }

  /// A link is refused even if it leads to a valid update.
  @Test func doesNotFollowLinks() throws {
    let secret = try update(of: "a", into: "secret.tar")
    try FileManager.default.createSymbolicLink(
      atPath: place("update.tar"), withDestinationPath: secret)
    let decision = try #require(try decide())
    #expect(decision.refusal?.reason == "not a regular file" && decision.checksum == nil)
    decision.clear()
    #expect(FileManager.default.fileExists(atPath: secret))
    #expect(
      (try? FileManager.default.destinationOfSymbolicLink(atPath: place("update.tar"))) == nil)
    // The folder itself must not be a link either.
    try FileManager.default.removeItem(atPath: "\(exchange)/b/answer")
    try FileManager.default.createSymbolicLink(
      atPath: "\(exchange)/b/answer", withDestinationPath: "\(exchange)/a/answer")
    let other = try #require(try decide("b"))
    #expect(!other.hasFolder && other.refusal?.code == .badData)
  }

  @Test(.timeLimit(.minutes(1))) func refusesSpecialAndLargeFilesUnread() throws {
    #expect(mkfifo(place("update.tar"), 0o600) == 0)
    #expect(try decide()?.refusal?.reason == "not a regular file")
    try decide()?.clear()
    try FileManager.default.createDirectory(
      atPath: place("update.tar"), withIntermediateDirectories: true)
    #expect(try decide()?.refusal?.reason == "not a regular file")
    try decide()?.clear()
    for size in [UInt64(1) << 43, 1 << 26] {
      try Data().write(to: URL(fileURLWithPath: place("update.tar")))
      let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: place("update.tar")))
      try handle.truncate(atOffset: size)
      #expect(try decide()?.refusal?.reason.hasPrefix("larger than") == true)
    }
  }

  @Test func refusesAnswersThatWereNotRequested() throws {
    func reason(_ site: String = "a", change: (inout Manifest) -> Void = { _ in }) throws -> String?
    {
      let path = try update(of: site, change: change)
      try? FileManager.default.removeItem(atPath: place("update.tar"))
      try FileManager.default.moveItem(atPath: path, toPath: place("update.tar"))
      return try decide()?.refusal?.reason
    }
    #expect(try reason() == nil)
    #expect(try reason { $0.update.round = 3 } == "expected round 1, found 3")
    let other = String(repeating: "0", count: 64)
    #expect(try reason { $0.update.parent = other } == "from another model than that of round 0")
    #expect(
      try reason { $0.update.run.parameters[TrainingParameters.seed] += 1 }?.contains(
        "hyper-parameters differ") == true)
    #expect(try reason { $0.classes[0] = "x" }?.contains("classes or method differ") == true)
    #expect(
      try reason { $0.update.run.encoder.name = "x" }?.contains(
        "encoder or hyper-parameters differ") == true)
    // There is no answer to another request.
    var late = Reception(
      .report, model: model, signers: nil, names: ["a"], known: [:])
    #expect(try late.decide(name: "a", exchange: exchange, suffix: ".tar") == nil)
  }

  /// Without signatures, only the folder shows which site an answer is from.
  @Test func aFolderBelongsToOneSite() throws {
    func reason(_ site: String, known: [String: String] = [:]) throws -> String? {
      try? FileManager.default.removeItem(atPath: place("update.tar"))
      try FileManager.default.moveItem(atPath: update(of: site), toPath: place("update.tar"))
      var reception = reception(known)
      return try reception.decide(name: "a", exchange: exchange, suffix: ".tar")?.refusal?.reason
    }
    #expect(try reason("a") == nil)
    #expect(try reason("A") == nil)
    // The site has the name of another folder, in any spelling.
    #expect(try reason("b")?.contains("answers in another folder") == true)
    #expect(try reason("Site 2")?.contains("answers in another folder") == true)
    // A name unlike the folder's belongs to the first site that answers there.
    #expect(try reason("東京") == nil)
    #expect(try reason("東京", known: ["東京": "a"]) == nil)
    #expect(try reason("東京", known: ["東京": "b"])?.contains("answers in another") == true)
    #expect(
      try reason("京都", known: ["東京": "a"])?.contains("this folder belongs to site '東京'") == true)
  }
}
