import FMArchive
import FMBase
import FoundationEssentials

/// tokenizer.json, in which Hugging Face's tokenizers library stores a tokenizer.
struct TokenizerFile {
  /// The kind of the model: BPE, Unigram or WordPiece; empty in old files, which are BPE.
  let kind: String
  private let model: CheckpointConfig
  private let config: CheckpointConfig

  /// Reads the file.
  /// - Throws: `noInput` or `ioError` if it cannot be read, `badData` if it is not JSON or has no
  ///   model.
  init(path: String) throws(FedMedError) {
    config = try CheckpointConfig(path: path)
    guard let model = try config.object("model") else { throw config.fault("missing key 'model'") }
    self.model = model
    kind = try model.text("type") ?? ""
  }

  /// The path of the file.
  var path: String { config.path }

  /// An error in the file.
  func fault(_ reason: String) -> FedMedError { config.fault(reason) }

  /// Returns the tokens of a BPE or WordPiece model with their numbers, without added ones.
  /// - Throws: `badData` if they are missing or malformed.
  func vocabulary() throws(FedMedError) -> [String: Int] {
    guard case .object(let members) = model["vocab"] else { throw model.wrongType("vocab") }
    var ids: [String: Int] = [:]
    for member in members {
      guard case .integer(let id) = member.value, (0..<1 << 24).contains(id) else {
        throw model.wrongType("vocab")
      }
      ids[member.key] = id
    }
    return ids
  }

  /// Returns the pieces of a Unigram model with their scores.
  /// - Throws: `badData` if they are missing or malformed.
  func pieces() throws(FedMedError) -> [(piece: String, score: Double)] {
    guard case .array(let entries) = model["vocab"] else { throw model.wrongType("vocab") }
    var pieces: [(piece: String, score: Double)] = []
    for entry in entries {
      guard case .array(let pair) = entry, pair.count == 2, case .string(let piece) = pair[0],
        let score = pair[1].double, score.isFinite
      else { throw model.wrongType("vocab") }
      pieces.append((piece, score))
    }
    return pieces
  }

  /// Returns the number of the unknown token of a Unigram model.
  /// - Throws: `badData` if it is missing or out of range.
  func unknown() throws(FedMedError) -> Int { try model.integer("unk_id", in: 0...1 << 24) }

  /// Returns the merges of a BPE model, in the order of their ranks.
  /// - Throws: `badData` if they are missing or malformed.
  func merges() throws(FedMedError) -> [(left: String, right: String)] {
    guard case .array(let entries) = model["merges"] else { throw model.wrongType("merges") }
    var merges: [(left: String, right: String)] = []
    merges.reserveCapacity(entries.count)
    for entry in entries {
      switch entry {
      case .array(let pair):
        guard pair.count == 2, case .string(let left) = pair[0], case .string(let right) = pair[1]
        else { throw model.wrongType("merges") }
        merges.append((left, right))
      case .string(let text):
        let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { throw model.wrongType("merges") }
        merges.append((parts[0], parts[1]))
      default: throw model.wrongType("merges")
      }
    }
    return merges
  }

  /// Returns the added tokens with their numbers.
  /// - Throws: `badData` if they are malformed.
  func addedTokens() throws(FedMedError) -> [String: Int] {
    guard let list = config["added_tokens"] else { return [:] }
    guard case .array(let entries) = list else { throw config.wrongType("added_tokens") }
    var tokens: [String: Int] = [:]
    for entry in entries {
      guard case .object(let members) = entry,
        case .integer(let id) = members.first(where: { $0.key == "id" })?.value,
        case .string(let content) = members.first(where: { $0.key == "content" })?.value,
        (0..<1 << 24).contains(id)
      else { throw config.wrongType("added_tokens") }
      tokens[content] = id
    }
    return tokens
  }

  /// Returns the table of replacements of a SentencePiece model; `nil` if there is none.
  /// - Throws: `badData` if it is malformed.
  func characterMap() throws(FedMedError) -> CharacterMap? {
    guard let text = try Self.charsmap(config.object("normalizer")) else { return nil }
    guard let bytes = Data(base64Encoded: text) else {
      throw config.fault("precompiled_charsmap is not base64")
    }
    do throws(FedMedError) {
      return try CharacterMap(Array(bytes))
    } catch {
      throw error.naming(file: config.path)
    }
  }

  /// Finds the table in a normalizer, or among those of a sequence.
  private static func charsmap(_ normalizer: CheckpointConfig?) throws(FedMedError) -> String? {
    guard let normalizer else { return nil }
    if let text = try normalizer.text("precompiled_charsmap") { return text }
    for part in try normalizer.objects("normalizers") {
      if let text = try part.text("precompiled_charsmap") { return text }
    }
    return nil
  }
}
