import FMArchive
import FMBase
import FMNumerics

/// A file in the safetensors format: eight bytes with the length of a JSON header, the header with
/// each tensor's type, shape and byte range, then the data.
///
/// Headers above 8 MiB, ranges outside the file, overlapping ranges, data after the last tensor,
/// and shapes that do not match their range are refused.
final class SafeTensors: Sendable {
  /// The type of a tensor's elements.
  package enum Element: String, Decodable, Sendable {
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"

    /// The size of an element in bytes.
    package var size: Int { self == .float32 ? 4 : 2 }
  }

  private struct Entry: Decodable, Sendable {
    let dtype: String
    let shape: [Int]
    let dataOffsets: [Int]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case dataOffsets = "data_offsets"
    }
  }

  /// The location of a tensor that can be read.
  private struct Place: Sendable {
    let element: Element
    let shape: [Int]
    let range: Range<Int>
  }

  private let file: MappedFile
  private let places: [String: Place]

  /// The names of all tensors that can be read.
  package var names: some Sequence<String> { places.keys }

  /// Opens a file and checks its header.
  /// - Throws: `noInput` if it cannot be opened, `badData` if it is invalid.
  init(path: String) throws(FedMedError) {
    file = try MappedFile(path: path)
    let bytes = file.bytes
    func fault(_ reason: String, _ place: String? = nil) -> FedMedError {
      FedMedError(.badData, reason, file: path, place: place)
    }
    guard bytes.count >= 8 else { throw fault("not a safetensors file") }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(bytes.count - 8) else {
      throw fault("not a safetensors file, or truncated")
    }
    guard length <= UInt64(JSONLimits.safeTensors.bytes) else {
      throw fault(
        "header of \(length) bytes, expected at most \(JSONLimits.safeTensors.bytes)")
    }
    let start = 8 + Int(length)
    let head: [String: HeadValue]
    do throws(FedMedError) {
      head = try JSON.decode(Array(bytes[8..<start]), place: "header", limits: .safeTensors)
    } catch {
      throw error.naming(file: path)
    }
    var places: [String: Place] = [:]
    var ranges: [(range: Range<Int>, name: String)] = []
    for (name, value) in head {
      guard case .entry(let entry) = value else { continue }
      let offsets = entry.dataOffsets
      guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1],
        offsets[1] <= bytes.count - start
      else { throw fault("lies outside the file", printable(name)) }
      let range = start + offsets[0]..<start + offsets[1]
      if !range.isEmpty { ranges.append((range, name)) }
      // Ignore types that encoder weights never have, such as integers.
      guard let element = Element(rawValue: entry.dtype) else { continue }
      guard let count = ArrayHeader.count(entry.shape), count <= range.count,
        count * element.size == range.count
      else {
        throw fault("shape \(entry.shape) does not fit \(range.count) bytes", printable(name))
      }
      places[name] = Place(element: element, shape: entry.shape, range: range)
    }
    ranges.sort { $0.range.lowerBound < $1.range.lowerBound }
    for (a, b) in zip(ranges, ranges.dropFirst()) where a.range.upperBound > b.range.lowerBound {
      throw fault("overlaps \(printable(a.name))", printable(b.name))
    }
    guard bytes.count == ranges.last?.range.upperBound ?? start else {
      throw fault("unexpected data after the last tensor")
    }
    self.places = places
  }

  /// The values of the header: tensors, and the metadata, which is ignored.
  private enum HeadValue: Decodable {
    case entry(Entry)
    case metadata

    init(from decoder: any Decoder) throws {
      if decoder.codingPath.last?.stringValue == "__metadata__" {
        self = .metadata
      } else {
        self = .entry(try Entry(from: decoder))
      }
    }
  }

  /// Adds the whole file to a checksum.
  package func update(_ hash: inout SHA256) {
    let step = 1 << 24
    for start in stride(from: 0, to: file.bytes.count, by: step) {
      let end = min(start + step, file.bytes.count)
      hash.update(UnsafeRawBufferPointer(rebasing: file.bytes[start..<end]))
      file.release(start..<end)
    }
  }

  /// The shape of a tensor; `nil` if it is missing.
  package func shape(of name: String) -> [Int]? { places[name]?.shape }

  /// Reads some rows of a tensor [_, columns] in single precision.
  /// - Throws: `badData` if the tensor is missing, has another number of columns or too few rows.
  func rows(_ rows: [Int], of name: String, columns: Int) throws(FedMedError) -> Matrix {
    guard let place = places[name] else {
      throw FedMedError(.badData, "missing tensor \(name)", file: file.path)
    }
    guard place.shape.count == 2, place.shape[1] == columns,
      rows.allSatisfy({ (0..<place.shape[0]).contains($0) })
    else {
      throw FedMedError(
        .badData,
        "expected \((rows.max() ?? 0) + 1) or more rows of \(columns), found shape \(place.shape)",
        file: file.path, place: name)
    }
    var result = Matrix(rows: rows.count, columns: columns)
    let size = columns * place.element.size
    result.withMutableElements { result in
      for (index, row) in rows.enumerated() {
        let start = place.range.lowerBound + row * size
        HalfPrecision.expand(
          UnsafeRawBufferPointer(rebasing: file.bytes[start..<start + size]), place.element,
          into: result.row(index, of: columns))
      }
    }
    return result
  }

  /// Reads a tensor in single precision, and releases its pages.
  /// - Parameters:
  ///   - target: receives the elements.
  ///   - rows: the rows of `target` to fill; `nil` for all.
  /// - Throws: `badData` if the tensor is missing or has another number of elements.
  package func read(
    _ name: String, into target: inout Matrix, rows: Range<Int>? = nil
  ) throws(FedMedError) {
    let rows = rows ?? 0..<target.rows
    let (start, count) = (rows.lowerBound * target.columns, rows.count * target.columns)
    guard let place = places[name] else {
      throw FedMedError(.badData, "missing tensor \(name)", file: file.path)
    }
    guard ArrayHeader.count(place.shape) == count else {
      throw FedMedError(
        .badData, "expected \(count) elements, found shape \(place.shape)", file: file.path,
        place: name)
    }
    let data = UnsafeRawBufferPointer(rebasing: file.bytes[place.range])
    let isFinite = target.withMutableElements { target in
      let own = UnsafeMutableBufferPointer(rebasing: target[start..<start + count])
      HalfPrecision.expand(data, place.element, into: own)
      return UnsafeBufferPointer(own).isFinite
    }
    file.release(place.range)
    guard isFinite else {
      throw FedMedError(.badData, "a weight is not finite", file: file.path, place: name)
    }
  }
}
