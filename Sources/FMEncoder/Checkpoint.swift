import FMArchive
import FMBase
import FMNumerics
import FoundationEssentials
import Glibc

/// A checkpoint folder in Hugging Face layout: config.json, and model.safetensors in one piece or
/// sharded.
package final class Checkpoint: Sendable {
  /// The path of the folder.
  package let folder: String
  private let files: [SafeTensors]
  /// The file and the stored name of each tensor, by its name without prefix.
  private let places: [String: (file: Int, name: String)]

  private struct Index: Decodable {
    let weightMap: [String: String]

    enum CodingKeys: String, CodingKey {
      case weightMap = "weight_map"
    }
  }

  /// Opens a checkpoint.
  /// - Throws: `noInput` if a file is missing, `badData` if one is invalid.
  init(folder: String) throws(FedMedError) {
    self.folder = folder
    var names = ["model.safetensors"]
    let index = "\(folder)/model.safetensors.index.json"
    if access("\(folder)/model.safetensors", F_OK) != 0, access(index, F_OK) == 0 {
      let map: Index = try Self.json(index)
      names = Set(map.weightMap.values).sorted()
      for name in names where name.contains("/") || name.hasPrefix(".") {
        throw FedMedError(.badData, "names a file outside the folder", file: index)
      }
    }
    if access("\(folder)/\(names[0])", F_OK) != 0, access("\(folder)/pytorch_model.bin", F_OK) == 0
    {
      throw FedMedError(
        .noInput, "has only pytorch_model.bin, which can run code", file: folder,
        hint: "look for model.safetensors, perhaps in another revision of the checkpoint")
    }
    var files: [SafeTensors] = []
    var places: [String: (file: Int, name: String)] = [:]
    for name in names {
      let file = try SafeTensors(path: "\(folder)/\(name)")
      for tensor in file.names { places[Self.plain(tensor)] = (files.count, tensor) }
      files.append(file)
    }
    self.files = files
    self.places = places
  }

  /// Removes the prefix that classifiers built on an encoder put before its tensors' names.
  private static func plain(_ name: String) -> String {
    for prefix in ["dinov2.", "dinov2_with_registers.", "clip."] where name.hasPrefix(prefix) {
      return String(name.dropFirst(prefix.count))
    }
    return name
  }

  /// Reads a JSON file of a checkpoint.
  /// - Throws: `noInput` or `ioError` if it cannot be read, `badData` if it is invalid.
  package static func json<Value: Decodable>(_ path: String) throws(FedMedError) -> Value {
    let text = try ByteSource(path: path).text(limit: JSONLimits.checkpoint.bytes)
    do throws(FedMedError) {
      return try JSON.decode(Array(text.utf8), place: "JSON", limits: .checkpoint)
    } catch {
      throw error.naming(file: path)
    }
  }

  /// Whether there is a tensor with that name.
  package func has(_ name: String) -> Bool { places[name] != nil }

  /// Returns the shape of a tensor.
  /// - Throws: `badData` if it is missing.
  package func shape(of name: String) throws(FedMedError) -> [Int] {
    guard let place = places[name], let shape = files[place.file].shape(of: place.name) else {
      throw missing(name)
    }
    return shape
  }

  /// Checks the size of a tensor.
  /// - Throws: `badData` if it is missing or has another number of elements.
  package func check(_ name: String, count: Int) throws(FedMedError) {
    let shape = try shape(of: name)
    guard ArrayHeader.count(shape) == count else {
      throw FedMedError(
        .badData, "expected \(count) elements, found shape \(shape)", file: folder, place: name)
    }
  }

  /// Reads a tensor into `rows` of `target`; into all rows if `nil`.
  /// - Throws: `badData` if it is missing or has another number of elements.
  package func read(
    _ name: String, into target: inout Matrix, rows: Range<Int>? = nil
  ) throws(FedMedError) {
    guard let place = places[name] else { throw missing(name) }
    try files[place.file].read(place.name, into: &target, rows: rows)
  }

  /// Returns a tensor with `rows * columns` elements as a matrix.
  /// - Throws: `badData` if it is missing or has another number of elements.
  package func matrix(_ name: String, rows: Int, columns: Int) throws(FedMedError) -> Matrix {
    var result = Matrix(rows: rows, columns: columns)
    try read(name, into: &result)
    return result
  }

  /// The SHA-256 of all files with weights, one after the other.
  package func checksum() -> String {
    var hash = SHA256()
    for file in files { file.update(&hash) }
    return hash.hexadecimal()
  }

  private func missing(_ name: String) -> FedMedError {
    FedMedError(.badData, "missing tensor \(name)", file: folder)
  }
}
