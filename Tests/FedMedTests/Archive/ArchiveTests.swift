import Foundation
import Testing

@testable import FMArchive
@testable import FMBase
@testable import FMFederation
@testable import FMLayers
@testable import FMMethods
@testable import FMMetrics
@testable import FMNumerics

struct ArchiveTests {
  let folder: TemporaryFolder
  let features: FeatureSet

  init() throws {
    folder = try TemporaryFolder()
    features = try smallFeatures().archived(folder)
  }

  @Test func readsFeaturesBack() throws {
    let original = try smallFeatures()
    #expect(
      try features.rows.matrix(Array(0..<features.count))
        == original.rows.matrix(Array(0..<original.count)))
    #expect(features.rows.elementType == .float16)
    #expect(features.labels == original.labels)
    #expect(features.text == original.text)
    #expect(features.table == original.table)
    #expect(features.split == original.split)
    #expect(features.site == "a")
    #expect(features.encoder.text != nil)
  }

  @Test func sameInputGivesSameBytes() throws {
    _ = try smallFeatures().archived(folder, "again.tar")
    #expect(try folder.read("features.tar") == folder.read("again.tar"))
  }

  /// The identity is the SHA-256 of the manifest and does not depend on the compression.
  @Test(arguments: Filter.allCases)
  func filtersKeepTheIdentity(filter: Filter) throws {
    let model = try smallModel(folder, like: features)
    let path = try folder.create("packed") { descriptor, file throws(FedMedError) in
      _ = try Compressor.encode(
        model, codec: Float32Codec.self, filter: filter, tool: "t 1", to: descriptor, file: file)
    }
    let packed = try ModelArchive(model: path)
    #expect(packed.identity == model.identity)
    #expect(packed.tensors == model.tensors)
    if filter == .none { #expect(try folder.read("packed") == folder.read("model0.tar")) }
    if filter == .gzip {
      // Bytes 4 to 7 of a gzip file are a time stamp.
      #expect(try folder.read("packed")[4..<8].allSatisfy { $0 == 0 })
    }
  }

  /// The names and contents of the members of a tar archive.
  func members(_ bytes: [UInt8]) -> [(name: String, content: [UInt8])] {
    var (result, offset) = ([(String, [UInt8])](), 0)
    while bytes[offset] != 0 {
      let name = String(decoding: bytes[offset..<offset + 100].prefix { $0 != 0 }, as: UTF8.self)
      let digits = String(decoding: bytes[offset + 124..<offset + 135], as: UTF8.self)
      let size = Int(digits, radix: 8) ?? 0
      result.append((name, Array(bytes[offset + 512..<offset + 512 + size])))
      offset += 512 + (size + 511) / 512 * 512
    }
    return result
  }

  /// The result of reading the features after a change of the archive's members.
  func outcome(
    _ change: (inout [(name: String, content: [UInt8])], inout TarBuilder) -> Void
  ) throws -> String {
    var parts = members(try folder.read("features.tar"))
    var tar = TarBuilder()
    change(&parts, &tar)
    for part in parts { tar.add(part.name, part.content) }
    return message(try folder.write("changed.tar", tar.finished))
  }

  func message(_ path: String) -> String {
    let error = failure { _ = try ArchiveCheck.check(path: path) }
    #expect(error == nil || error?.code == .badData)
    return error.map { "\($0)".replacing(path, with: "F") } ?? "accepted"
  }

  @Test func acceptsUnchangedMembers() throws {
    #expect(try outcome { _, _ in } == "accepted")
  }

  /// Members after the manifest may have any order, as after unpacking and packing again.
  @Test func acceptsMembersInAnotherOrder() throws {
    #expect(try outcome { parts, _ in parts.swapAt(1, 3) } == "accepted")
  }

  @Test func refusesViolationsOfTheFormat() throws {
    #expect(
      try outcome { parts, _ in parts.removeFirst() } == "F: the first member is not manifest.json")
    #expect(
      try outcome { parts, _ in parts.swapAt(0, 1) } == "F: the first member is not manifest.json")
    #expect(try outcome { parts, _ in parts.append(parts[1]) } == "F: features.npy: appears twice")
    #expect(try outcome { parts, _ in parts.append(parts[0]) } == "F: manifest.json: appears twice")
    #expect(
      try outcome { parts, _ in parts.append(("x.npy", [1])) }
        == "F: x.npy: not listed in the manifest")
    #expect(
      try outcome { parts, _ in parts.append(("/etc/passwd", [1])) }
        == "F: /etc/passwd: not listed in the manifest")
    #expect(
      try outcome { parts, _ in parts.append(("../x", [1])) }
        == "F: ../x: not listed in the manifest")
    #expect(try outcome { parts, _ in parts.removeLast() } == "F: split.txt: missing")
    #expect(
      try outcome { parts, _ in parts[1].content[500] ^= 1 }
        == "F: features.npy: its checksum does not match the manifest")
    #expect(
      try outcome { parts, _ in parts[1].content.removeLast() }
        == "F: features.npy: 1087 bytes, the manifest says 1088")
    #expect(
      try outcome { parts, _ in parts[1].content[0] = 0 } == "F: features.npy: not a .npy array")
    #expect(try outcome { parts, _ in parts = [] } == "F: the first member is not manifest.json")
  }

  @Test(arguments: ["1", "2", "3", "4", "5", "6"])
  func refusesLinksDevicesAndFolders(type: Character) throws {
    let parts = members(try folder.read("features.tar"))
    var tar = TarBuilder()
    tar.add(parts[0].name, parts[0].content)
    tar.add("features.npy", [], type: type, link: "/etc/passwd")
    let text = message(try folder.write("link.tar", tar.finished))
    #expect(text == "F: features.npy: not a regular file")
  }

  /// Headers, padding and comments may not contain data.
  @Test func refusesDataHiddenInATar() throws {
    let parts = members(try folder.read("features.tar"))
    func message(
      fields: [Int: String] = [:], padding: UInt8 = 0,
      before extra: (inout TarBuilder) -> Void = { _ in }
    ) throws -> String {
      var tar = TarBuilder()
      tar.add(parts[0].name, parts[0].content)
      extra(&tar)
      tar.add(parts[1].name, parts[1].content, fields: fields, padding: padding)
      for part in parts[2...] { tar.add(part.name, part.content) }
      return self.message(try folder.write("hidden.tar", tar.finished))
    }
    let place = "F: features.npy"
    #expect(try message() == "accepted")
    // GNU tar's own format is accepted.
    #expect(try message(fields: [257: "ustar  \u{0}"]) == "accepted")
    #expect(try message(fields: [265: "jane"]) == "\(place): has a user or group name")
    #expect(try message(fields: [297: "doe"]) == "\(place): has a user or group name")
    for offset in [157, 345, 499, 500, 511] {
      #expect(
        try message(fields: [offset: "x"])
          == "\(place): its tar header holds more than name and size")
    }
    #expect(try message(fields: [20: "secret"]) == "F: a member has an invalid name")
    #expect(try message(padding: 65) == "F: unexpected data between members")
    for type in ["x", "g"] as [Character] {
      let text = try message { $0.add("pax", Array("19 comment=Jane Doe\n".utf8), type: type) }
      #expect(
        text == (type == "x" ? "F: pax: has an extended header" : "F: pax: not a regular file"))
    }
    let long = try message {
      $0.add("pax", Array("13 size=1088\n".utf8), type: "x")
    }
    #expect(long == "accepted")
  }

  /// An archive of a few kilobytes that would unpack to gigabytes is refused by its manifest.
  @Test func limitsTheSizeOfEachMember() throws {
    let manifest = try Manifest(json: members(try folder.read("features.tar"))[0].content)
    for (index, member) in manifest.members.enumerated() {
      var large = manifest
      large.members[index].bytes = 3_000_000_000
      let error = failure { _ = try Manifest(json: large.bytes) }
      #expect(error?.place == "manifest.json: \(member.name)")
      #expect(error?.reason.contains("3000000000 bytes, must be at most") == true)
    }
    let scored = Manifest.Scored(
      method: "linear", round: 1, predictors: ["head"], parent: String(repeating: "0", count: 64))
    var report = Manifest(
      tool: "t 1", classes: ["a"], .report(ReportPayload(scored: scored, samples: 9, site: "s")))
    report.members = [
      Manifest.Member(
        name: "metrics.json", dtype: .json, shape: [], bytes: 3_000_000_000,
        sha256: String(repeating: "0", count: 64))
    ]
    let error = failure { _ = try Manifest(json: report.bytes) }
    #expect(error?.reason == "3000000000 bytes, must be at most 8388608")
  }

  @Test func refusesAManifestThatIsALink() throws {
    var tar = TarBuilder()
    tar.add("manifest.json", [], type: "2", link: "/etc/passwd")
    #expect(
      message(try folder.write("link.tar", tar.finished)) == "F: manifest.json: not a regular file")
  }
}
