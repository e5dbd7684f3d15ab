import FoundationEssentials

extension JSONLimits {
  /// A manifest: that of a model of ten thousand sites has a tenth of it.
  public static let manifest = JSONLimits(bytes: 4 << 20, depth: 8, values: 1 << 19)
  /// A report: one of five hundred classes fits.
  public static let report = JSONLimits(bytes: 8 << 20, depth: 8, values: 1 << 20)
  /// The JSON files of a checkpoint, vocabularies included.
  package static let checkpoint = JSONLimits(bytes: 64 << 20, depth: 64, values: 1 << 21)
  /// The head of a safetensors file: that of a ViT-H takes 100 kB.
  package static let safeTensors = JSONLimits(bytes: 8 << 20, depth: 8, values: 1 << 19)
}

extension JSON {
  /// A typed value of a JSON text from outside.
  /// - Throws: `badData` that names the key, or the offset where the text is not JSON, repeats a key or
  ///   exceeds `limits`.
  public static func decode<Value: Decodable>(
    _ json: [UInt8], place: String, limits: JSONLimits
  ) throws(FedMedError) -> Value {
    _ = try parse(json, place: place, limits: limits)
    return try typed(json, place: place)
  }

  /// The same for what leaves a site or comes from a server: there is nothing in it that the value does
  /// not say, and nothing behind its end.
  /// - Parameter text: what a value is written as.
  public static func decodeExactly<Value: Decodable>(
    _ json: [UInt8], place: String, limits: JSONLimits, as text: (Value) -> JSON
  ) throws(FedMedError) -> Value {
    let content = try parse(json, place: place, limits: limits)
    guard json.last == UInt8(ascii: "}") || json.suffix(2) == Array("}\n".utf8)[...] else {
      throw FedMedError(.badData, "something follows its end", place: place)
    }
    let value: Value = try typed(json, place: place)
    let own = text(value)
    // Nor does anything hide in white space.
    guard json.count <= 4 * own.text.utf8.count + 1024 else {
      throw FedMedError(.badData, "mostly white space", place: place)
    }
    let name = place.hasSuffix(".json") ? String(place.dropLast(5)) : place
    if let difference = content.difference(from: own, at: name) {
      throw FedMedError(
        .badData, "\(difference) is unknown or has a value that it cannot have", place: place)
    }
    try content.forEachString { string throws(FedMedError) in
      guard string.isEmpty || Name.isValid(string) else {
        throw FedMedError(
          .badData,
          "'\(printable(string))' cannot be a name: it is too long or has invisible characters",
          place: place)
      }
    }
    return value
  }

  private static func parse(
    _ json: [UInt8], place: String, limits: JSONLimits
  ) throws(FedMedError) -> JSON {
    do throws(FedMedError) {
      return try JSON(parsing: json, limits: limits)
    } catch {
      throw FedMedError(.badData, error.description, place: place)
    }
  }

  private static func typed<Value: Decodable>(
    _ json: [UInt8], place: String
  ) throws(FedMedError) -> Value {
    do {
      return try JSONDecoder().decode(Value.self, from: Data(json))
    } catch let error as FedMedError {
      throw error.within(place)
    } catch let error as DecodingError {
      func path(_ context: DecodingError.Context, _ last: String? = nil) -> String {
        let keys = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
        return printable((keys + [last].compactMap { $0 }).joined(separator: "."))
      }
      let reason =
        switch error {
        case .keyNotFound(let key, let context): "no \(path(context, key.stringValue))"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
          context.codingPath.isEmpty
            ? "not a JSON object" : "\(path(context)) has the wrong type"
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
          "\(path(context)) has a value that it cannot have"
        default: "not JSON"
        }
      throw FedMedError(.badData, reason, place: place)
    } catch {
      throw FedMedError(.badData, "not JSON", place: place)
    }
  }
}

/// A key that is known only when it is read.
package struct AnyKey: CodingKey {
  package let stringValue: String
  package var intValue: Int? { nil }

  package init(_ name: String) { stringValue = name }
  package init(stringValue: String) { self.stringValue = stringValue }
  package init?(intValue: Int) { nil }
}
