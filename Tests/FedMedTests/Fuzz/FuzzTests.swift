import Foundation
import Testing

@testable import FMArchive
@testable import FMBase
@testable import FMEncoder
@testable import FMMetrics

/// Randomly corrupted files from outside. Each is read or refused with an error, without a crash, a
/// hang or unbounded memory. Tests/Fuzz/run makes more attempts.
@Suite(.timeLimit(.minutes(30))) struct FuzzTests {
  /// The factor on the usual number of attempts.
  private let effort = ProcessInfo.processInfo.environment["FEDMED_FUZZ"].flatMap { Int($0) } ?? 1

  private func peakMemory() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss / 1024
  }

  @Test func survivesCorruptedImages() throws {
    var files: [[UInt8]] = []
    for folder in ["formats", "preprocess"] {
      let names = try FileManager.default.contentsOfDirectory(atPath: Golden.url(folder).path)
      for name in names.sorted() where !name.hasSuffix(".tsv") {
        files.append(try Golden.bytes("\(folder)/\(name)"))
      }
    }
    #expect(files.count > 30)
    var mutation = Mutation(seed: 1)
    let preprocessing = Preprocessing(
      resize: .shortestSide(224), resampling: .bicubic, side: 224, mean: [0, 0, 0],
      deviation: [1, 1, 1])
    var (read, refused) = (0, 0)
    for round in 0..<400 * effort {
      let original = files[round % files.count]
      let bytes = mutation.corrupted(original, other: files[mutation.below(files.count)])
      do throws(FedMedError) {
        let image = try ImageDecoder.decode(bytes)
        #expect(image.width * image.height <= ImageDecoder.largestPixels)
        #expect(preprocessing.fit(image).pixels.count == 224 * 224 * 3)
        read += 1
      } catch {
        #expect(error.code == .badData)
        #expect(!error.description.contains("\n"))
        refused += 1
      }
    }
    #expect(read > 0 && refused > read / 10)
    #expect(peakMemory() < 2048)
  }

  /// A checkpoint with one corrupted file is used from its config to the features of an image.
  @Test(arguments: [
    "dinov2-tiny", "encoders/biomedclip-b", "encoders/dinov3-gated", "encoders/siglip2",
    "encoders/timm-uni2", "encoders/vit",
  ])
  func survivesCorruptedCheckpoints(_ checkpoint: String) throws {
    let folder = try TemporaryFolder()
    let names = try FileManager.default.contentsOfDirectory(atPath: Golden.url(checkpoint).path)
      .filter { $0 != "expect" }.sorted()
    let files = try names.map { try Golden.bytes("\(checkpoint)/\($0)") }
    let image = Raster(width: 20, height: 30, pixels: [UInt8](repeating: 90, count: 1800))
    var mutation = Mutation(seed: 2)
    var (read, refused) = (0, 0)
    for _ in 0..<100 * effort {
      let chosen = mutation.below(names.count)
      for (index, name) in names.enumerated() {
        var bytes = files[index]
        if index == chosen {
          // The header of safetensors is JSON too, and is parsed only if its length is right.
          let isJSON = name.hasSuffix(".json")
          let isText = isJSON || mutation.below(2) == 0
          if !isText || mutation.below(4) == 0 {
            bytes = mutation.corrupted(bytes, other: files[mutation.below(files.count)])
          } else if isJSON {
            bytes = mutation.corrupted(json: bytes)
          } else {
            let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
            let head = mutation.corrupted(json: Array(bytes[8..<8 + length]))
            let size = (0..<8).map { UInt8(truncatingIfNeeded: head.count >> (8 * $0)) }
            bytes = size + head + bytes[(8 + length)...]
          }
        }
        try folder.write(name, bytes)
      }
      do throws(FedMedError) {
        let encoder = try ImageEncoder(
          folder: folder.url.path, options: EncodingOptions(), isSquashed: false)
        // A corrupted size may request a large input, which is not computed here.
        guard encoder.preprocessing.side <= 448 else { continue }
        _ = try encoder.vision.encode(
          [encoder.preprocessing.fit(image)], preprocessing: encoder.preprocessing)
        if encoder.hasTexts { _ = try encoder.features(of: [["a"], ["b"]]) }
        read += 1
      } catch {
        #expect(error.code == .badData || error.code == .usage)
        #expect(!error.description.contains("\n"))
        refused += 1
      }
    }
    #expect(read > 0 && refused > 0)
    #expect(peakMemory() < 2048)
  }

  /// The vocabulary and the merges of a text encoder.
  @Test func survivesCorruptedVocabularies() throws {
    let folder = try TemporaryFolder()
    let vocabulary = Array(
      #"{"a": 0, "b</w>": 1, "ab</w>": 2, "<|startoftext|>": 3, "<|endoftext|>": 4}"#.utf8)
    let merges = Array("#version: 0.2\na b</w>\n".utf8)
    let whole = Array(
      #"{"model": {"vocab": {"a": 0, "b</w>": 1, "ab</w>": 2, "aab</w>": 5}, "merges": [["a", "b</w>"], "a ab</w>"]}, "added_tokens": [{"id": 3, "content": "<|startoftext|>"}, {"id": 4, "content": "<|endoftext|>"}]}"#
        .utf8)
    var mutation = Mutation(seed: 3)
    for round in 0..<100 * effort {
      try? FileManager.default.removeItem(at: folder.url.appendingPathComponent("vocab.json"))
      func corrupted(_ bytes: [UInt8]) -> [UInt8] {
        mutation.below(2) == 0
          ? mutation.corrupted(json: bytes) : mutation.corrupted(bytes, other: whole)
      }
      if round % 2 == 0 {
        try folder.write("vocab.json", corrupted(vocabulary))
        try folder.write("merges.txt", corrupted(merges))
      }
      try folder.write("tokenizer.json", corrupted(whole))
      do throws(FedMedError) {
        let tokenizer = try CLIPTokenizer(folder: folder.url.path)
        #expect(try tokenizer.encode("ab aab b").tokens.count == CLIPTokenizer.length)
      } catch {
        #expect(error.code == .badData)
      }
    }
  }
}
