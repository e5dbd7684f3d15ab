import FMArchive
import FMBase
import FMNumerics
import FoundationEssentials
import Glibc

/// The weights in a checkpoint folder: one safetensors file, or several with an index.
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
  /// - Parameters:
  ///   - name: the name of the file without `.safetensors`.
  ///   - prefixes: what classifiers built on an encoder put in front of its tensors' names; removed.
  /// - Throws: `noInput` if a file is missing, `badData` if one is invalid.
  init(
    folder: String, name: String = "model", prefixes: [String] = []
  ) throws(FedMedError) {
    self.folder = folder
    var names = ["\(name).safetensors"]
    let index = "\(folder)/\(name).safetensors.index.json"
    if access("\(folder)/\(names[0])", F_OK) != 0, access(index, F_OK) == 0 {
      let map: Index = try Self.json(index)
      names = Set(map.weightMap.values).sorted()
      guard !names.isEmpty else { throw FedMedError(.badData, "names no file", file: index) }
      for name in names where name.contains("/") || name.hasPrefix(".") {
        throw FedMedError(.badData, "names a file outside the folder", file: index)
      }
    }
    if access("\(folder)/\(names[0])", F_OK) != 0,
      let pickle = ["pytorch_model.bin", "open_clip_pytorch_model.bin"].first(where: {
        access("\(folder)/\($0)", F_OK) == 0
      })
    {
      throw FedMedError(
        .noInput, "has only \(pickle), a format that can run code and is never read", file: folder,
        hint: "convert it to \(names[0]) as fm-extract(1) shows")
    }
    var files: [SafeTensors] = []
    var places: [String: (file: Int, name: String)] = [:]
    for name in names {
      let file = try SafeTensors(path: "\(folder)/\(name)")
      for tensor in file.names { places[Self.plain(tensor, prefixes)] = (files.count, tensor) }
      files.append(file)
    }
    self.files = files
    self.places = places
  }

  private static func plain(_ name: String, _ prefixes: [String]) -> String {
    for prefix in prefixes where name.hasPrefix(prefix) {
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

  /// The names of all tensors.
  var names: some Sequence<String> { places.keys }

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
  /// - Parameter first: the extent of its first dimension; `nil` if that may differ.
  /// - Throws: `badData` if it is missing, or has another number of elements or another first dimension.
  package func check(_ name: String, count: Int, first: Int? = nil) throws(FedMedError) {
    let shape = try shape(of: name)
    guard ArrayHeader.count(shape) == count, first == nil || shape.first == first else {
      let rows = first.map { " in \($0) rows" } ?? ""
      throw FedMedError(
        .badData, "expected \(count) elements\(rows), found shape \(shape)", file: folder,
        place: name)
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
    // Checked before memory is taken.
    try check(name, count: rows * columns)
    var result = Matrix(rows: rows, columns: columns)
    try read(name, into: &result)
    return result
  }

  /// Returns some rows of a tensor [_, columns].
  /// - Throws: `badData` if it is missing, has another number of columns or too few rows.
  func rows(_ rows: [Int], of name: String, columns: Int) throws(FedMedError) -> Matrix {
    guard let place = places[name] else { throw missing(name) }
    return try files[place.file].rows(rows, of: place.name, columns: columns)
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
