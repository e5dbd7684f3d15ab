import Foundation
import Testing
@testable import FMArchive
@testable import FMBase
@testable import FMFederation
@testable import FMLayers
@testable import FMMethods
@testable import FMMetrics
@testable import FMNumerics

extension ArchiveTests {
  @Test(arguments: Filter.allCases)
  func refusesTruncationAnywhere(filter: Filter) throws {
    let model = try smallModel(folder, like: features)
    try folder.create("whole") { descriptor, file throws(FedMedError) in
      _ = try Compressor.encode(
        model, codec: Float16Codec.self, filter: filter, tool: "t 1", to: descriptor, file: file)
    }
    let whole = try folder.read("whole")
    let cuts =
      [0, 1, 10, 511, 512, 513, whole.count - 1025, whole.count - 1024, whole.count - 513]
      + Array(stride(from: 1, to: whole.count, by: max(whole.count / 97, 1)))
      + Array(max(whole.count - 600, 0)..<whole.count)
    for cut in Set(cuts) where cut >= 0 && cut < whole.count {
      let path = try folder.write("cut", Array(whole[..<cut]))
      let error = failure { _ = try ArchiveCheck.check(path: path) }
      #expect(error?.code == .badData, "cut at \(cut) of \(whole.count)")
    }
  }

  @Test func refusesDataAfterTheEnd() throws {
    let whole = try folder.read("features.tar")
    for rest in [[1], [UInt8](repeating: 0, count: 511) + [1]] {
      let text = message(
        try folder.write("more.tar", whole + rest + [UInt8](repeating: 0, count: 2048)))
      #expect(text == "F: unexpected data after the last member")
    }
    // Zeros are accepted, because tar pads with them.
    #expect(
      message(try folder.write("padded.tar", whole + [UInt8](repeating: 0, count: 8192)))
        == "accepted")
  }

  @Test(arguments: [Filter.gzip, .zstd])
  func refusesDataAfterTheCompressedData(filter: Filter) throws {
    let model = try smallModel(folder, like: features)
    try folder.create("whole") { descriptor, file throws(FedMedError) in
      _ = try Compressor.encode(
        model, codec: Float16Codec.self, filter: filter, tool: "t 1", to: descriptor, file: file)
    }
    let path = try folder.write("more", folder.read("whole") + Array("secret".utf8))
    #expect(message(path) != "accepted")
  }

  /// Neither tar nor jq shows text in the header of a compressed file.
  @Test func refusesDataHiddenByCompression() throws {
    let model = try smallModel(folder, like: features)
    try folder.create("whole") { descriptor, file throws(FedMedError) in
      _ = try Compressor.encode(
        model, codec: Float16Codec.self, filter: .gzip, tool: "t 1", to: descriptor, file: file)
    }
    var bytes = try folder.read("whole")
    bytes[3] = 0x10
    bytes.insert(contentsOf: Array("Jane Doe".utf8) + [0], at: 10)
    let hidden = "F: the compressed file has a name, a comment or an extra frame"
    #expect(message(try folder.write("comment.gz", bytes)) == hidden)
    let frame: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0] + Array("Jane".utf8)
    #expect(message(try folder.write("frame.zst", frame + folder.read("features.tar"))) == hidden)
  }

  @Test func refusesOtherFiles() throws {
    #expect(message(try folder.write("empty", [])) == "F: empty file")
    #expect(message(try folder.write("text", Array("hello\n".utf8))) == "F: not a tar archive")
    #expect(
      message(try folder.write("zeros", [UInt8](repeating: 0, count: 4096)))
        == "F: the first member is not manifest.json")
    #expect(failure { _ = try ArchiveCheck.check(path: "/nonexistent") }?.code == .noInput)
    #expect(failure { _ = try ArchiveCheck.check(path: "/") }?.code == .noInput)
  }

  /// The archive has a small manifest, followed by 300 MB of zeros that compress to little.
  @Test func refusesADecompressionBomb() throws {
    var tar = TarBuilder()
    let parts = members(try folder.read("features.tar"))
    tar.add(parts[0].name, parts[0].content)
    let path = folder.path("bomb.gz")
    let script =
      "{ cat \(try folder.write("head", tar.bytes)); head -c 300000000 /dev/zero; } | gzip -1 > \(path)"
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", script]
    try process.run()
    process.waitUntilExit()
    #expect(failure { _ = try ArchiveCheck.check(path: path) }?.code == .badData)
  }

  /// No memory is allocated for content that is declared but missing.
  @Test func refusesAMemberThatDeclaresTooMuch() throws {
    var parts = members(try folder.read("features.tar"))
    let text = String(decoding: parts[0].content, as: UTF8.self)
      .replacing("\"samples\": 60", with: "\"samples\": 9000000000")
      .replacing("60,\n        8", with: "9000000000,\n        8")
    parts[0].content = Array(text.utf8)
    var tar = TarBuilder()
    for part in parts { tar.add(part.name, part.content) }
    #expect(message(try folder.write("claims.tar", tar.finished)) != "accepted")
  }

  @Test func refusesAModelWithNaN() throws {
    let model = try smallModel(folder, like: features)
    var tensors = model.tensors
    tensors[1].values[3] = .nan
    let error = failure {
      try folder.create("nan.tar") { descriptor, file throws(FedMedError) in
        let writer = try ArchiveWriter()
        try writer.add(tensors)
        try writer.finish(model.manifest, filter: .none, to: descriptor, file: file)
      }
    }
    #expect(error?.description == "fam/layer1.bias.npy: a value is nan")
    // A model that another program wrote is refused too.
    let path = try folder.create("nan.tar") { descriptor, file throws(FedMedError) in
      let writer = try ArchiveWriter()
      for tensor in tensors {
        try writer.add(
          array: "\(tensor.name).npy", .float32, shape: tensor.shape,
          bytes: tensor.values.withUnsafeBytes { Array($0) })
      }
      try writer.finish(model.manifest, filter: .none, to: descriptor, file: file)
    }
    #expect(message(path) == "F: fam/layer1.bias.npy: element 3 is nan")
  }

  @Test func refusesInvalidLabels() throws {
    var bad = try smallFeatures()
    bad.classes = ["one", "two"]
    let path = try folder.create("bad.tar") { descriptor, file throws(FedMedError) in
      let writer = try ArchiveWriter()
      try writer.add(
        array: "features.npy", .float16, shape: [60, 8], bytes: [UInt8](repeating: 0, count: 960))
      try writer.add("labels.npy", (bad.labels ?? []).map { Int32($0) })
      try writer.add(Tensor(name: "text", shape: [2, 8], values: [Float](repeating: 1, count: 16)))
      try writer.add("samples.tsv", lines: bad.table.lines)
      let manifest = Manifest(
        tool: "t 1", classes: bad.classes,
        .features(FeaturesPayload(encoder: bad.encoder, samples: 60)))
      try writer.finish(manifest, filter: .none, to: descriptor, file: file)
    }
    #expect(message(path) == "F: labels.npy: label 2 of sample 2, must be between 0 and 1")
  }

  @Test func refusesAnotherKindOfArchive() throws {
    let path = folder.path("features.tar")
    let error = failure { _ = try ModelArchive(model: path) }
    #expect(error?.reason == "expected model, found features")
  }
}
