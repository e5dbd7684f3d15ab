import Testing

@testable import FMArchive
@testable import FMBase
@testable import FMLayers

struct CompressorTests {
  let folder: TemporaryFolder
  let model: ModelArchive

  init() throws {
    folder = try TemporaryFolder()
    model = try smallModel(folder, like: smallFeatures())
  }

  func encode(
    _ archive: ModelArchive, _ codec: any Codec.Type, _ filter: Filter = .gzip
  ) throws -> ModelArchive {
    let path = try folder.create("encoded") { descriptor, file throws(FedMedError) in
      _ = try Compressor.encode(
        archive, codec: codec, filter: filter, tool: "t 2", to: descriptor, file: file)
    }
    return try ModelArchive(model: path)
  }

  func decode(_ archive: ModelArchive) throws -> ModelArchive {
    let path = try folder.create("decoded") { descriptor, file throws(FedMedError) in
      _ = try Compressor.decode(archive, tool: "t 2", to: descriptor, file: file)
    }
    return try ModelArchive(model: path)
  }

  @Test func halfPrecisionIsExactAndTraceable() throws {
    let encoded = try encode(model, Float16Codec.self)
    #expect(encoded.coding.codec == "float16")
    #expect(encoded.coding.encodedFrom == model.identity)
    #expect(encoded.identity != model.identity)
    let decoded = try decode(encoded)
    #expect(decoded.coding.codec == nil)
    #expect(decoded.manifest.members.allSatisfy { $0.dtype == .float32 })
    for (original, coded) in zip(model.tensors, decoded.tensors) {
      #expect(coded.values == original.values.map { Float(Float16($0)) })
    }
    #expect(decoded.tensors == encoded.tensors)
    // Encoding again changes nothing, because the values are already in half precision.
    #expect(try encode(decoded, Float16Codec.self).tensors == encoded.tensors)
  }

  @Test func encodingTwiceChangesNothing() throws {
    let encoded = try encode(model, Float16Codec.self)
    #expect(try encode(encoded, Float16Codec.self, .zstd).identity == encoded.identity)
    #expect(
      failure { _ = try encode(encoded, Float32Codec.self) }?.reason
        == "already encoded as float16, cannot encode as float32")
  }

  @Test func losslessCodingKeepsTheIdentity() throws {
    let packed = try encode(model, Float32Codec.self, .zstd)
    #expect(packed.identity == model.identity)
    #expect(try decode(packed).identity == model.identity)
    #expect(try folder.read("decoded") == folder.read("model0.tar"))
  }

  @Test func refusesNumbersBeyondHalfPrecision() throws {
    let error = failure { _ = try ElementCoding.encode([1, 65520], as: .float16) }
    #expect(error?.reason == "65520.0 does not fit in half precision")
    #expect(failure { _ = try ElementCoding.encode([65504], as: .float16) } == nil)
  }
}
