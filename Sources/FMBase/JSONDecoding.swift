import FoundationEssentials

extension JSONLimits {
  /// Limits for a manifest; a model of ten thousand sites uses a tenth of them.
  public static let manifest = JSONLimits(bytes: 4 << 20, depth: 8, values: 1 << 19)
  /// Limits for a report; 500 classes fit.
  public static let report = JSONLimits(bytes: 8 << 20, depth: 8, values: 1 << 20)
  /// Limits for a ledger; 15,000 releases fit.
  public static let ledger = JSONLimits(bytes: 64 << 20, depth: 8, values: 1 << 22)
  /// The JSON files of a checkpoint, vocabularies included.
  package static let checkpoint = JSONLimits(bytes: 64 << 20, depth: 64, values: 1 << 21)
  /// Limits for the header of a safetensors file; that of a ViT-H takes 100 kB.
  package static let safeTensors = JSONLimits(bytes: 8 << 20, depth: 8, values: 1 << 19)
}

extension JSON {
  /// Decodes a typed value from untrusted JSON text.
  /// - Throws: `badData` with the key if it is missing or invalid, or with the byte offset if the
  ///   text is not JSON, repeats a key or exceeds `limits`.
  public static func decode<Value: Decodable>(
    _ json: [UInt8], place: String, limits: JSONLimits
  ) throws(FedMedError) -> Value {
    _ = try parse(json, place: place, limits: limits)
    return try typed(json, place: place)
  }

  /// Decodes a typed value and refuses text that holds anything else: unknown keys, or data after
  /// the end. For files that leave a site or come from a server.
  /// - Parameter text: encodes a value, for the comparison.
  /// - Throws: `badData` as `decode` does, and if the text holds more than the value, is mostly
  ///   white space, or has a string that is not a valid name.
  public static func decodeExactly<Value: Decodable>(
    _ json: [UInt8], place: String, limits: JSONLimits, as text: (Value) -> JSON
  ) throws(FedMedError) -> Value {
    let content = try parse(json, place: place, limits: limits)
    guard json.last == UInt8(ascii: "}") || json.suffix(2) == Array("}\n".utf8)[...] else {
      throw FedMedError(.badData, "unexpected data after the end", place: place)
    }
    let value: Value = try typed(json, place: place)
    let own = text(value)
    // White space must not carry hidden data either.
    guard json.count <= 4 * own.text.utf8.count + 1024 else {
      throw FedMedError(.badData, "mostly white space", place: place)
    }
    let name = place.hasSuffix(".json") ? String(place.dropLast(5)) : place
    if let difference = content.difference(from: own, at: name) {
      throw FedMedError(
        .badData, "\(difference) is unknown or has an invalid value", place: place)
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
        case .keyNotFound(let key, let context): "missing key '\(path(context, key.stringValue))'"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
          context.codingPath.isEmpty
            ? "not a JSON object" : "\(path(context)) has the wrong type"
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
          "\(path(context)) has an invalid value"
        default: "not JSON"
        }
      throw FedMedError(.badData, reason, place: place)
    } catch {
      throw FedMedError(.badData, "not JSON", place: place)
    }
  }
}

/// A coding key whose name is known only at run time.
package struct AnyKey: CodingKey {
  /// The name of the key.
  package let stringValue: String
  /// Always `nil`: keys are names.
  package var intValue: Int? { nil }

  package init(_ name: String) { stringValue = name }
  package init(stringValue: String) { self.stringValue = stringValue }
  package init?(intValue: Int) { nil }
}
