import FMArchive
import FMBase
import FMNumerics

/// The tensors of a checkpoint in the safetensors format: eight bytes with the length of a JSON
/// head, the head with each tensor's type, shape and place, then the data.
///
/// Refused are a head of more than 8 MiB, places outside the file, places that overlap, bytes behind the
/// last tensor, and
/// tensors whose shape does not fit their place.
final class SafeTensors: Sendable {
  /// What a tensor's numbers are stored as.
  package enum Element: String, Decodable, Sendable {
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"

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

  /// A tensor that can be read.
  private struct Place: Sendable {
    let element: Element
    let shape: [Int]
    let range: Range<Int>
  }

  private let file: MappedFile
  private let places: [String: Place]

  package var names: some Sequence<String> { places.keys }

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
      throw fault("a head of \(length) bytes; at most \(JSONLimits.safeTensors.bytes) are read")
    }
    let start = 8 + Int(length)
    let head: [String: HeadValue]
    do throws(FedMedError) {
      head = try JSON.decode(Array(bytes[8..<start]), place: "head", limits: .safeTensors)
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
      // Types that no encoder's weights have (integers) are left alone.
      guard let element = Element(rawValue: entry.dtype) else { continue }
      guard let count = ArrayHeader.count(entry.shape), count <= range.count,
        count * element.size == range.count
      else { throw fault("\(range.count) bytes for shape \(entry.shape)", printable(name)) }
      places[name] = Place(element: element, shape: entry.shape, range: range)
    }
    ranges.sort { $0.range.lowerBound < $1.range.lowerBound }
    for (a, b) in zip(ranges, ranges.dropFirst()) where a.range.upperBound > b.range.lowerBound {
      throw fault("overlaps \(printable(a.name))", printable(b.name))
    }
    guard bytes.count == ranges.last?.range.upperBound ?? start else {
      throw fault("something follows the last tensor")
    }
    self.places = places
  }

  /// The head's values: tensors, and the metadata, which says nothing that is needed.
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

  package func shape(of name: String) -> [Int]? { places[name]?.shape }

  /// Reads a tensor in single precision, and gives its pages back.
  /// - Parameters:
  ///   - target: what receives its numbers.
  ///   - rows: which rows of `target`; nil is all.
  /// - Throws: `badData` where there is no such tensor, or it has another number of elements.
  package func read(
    _ name: String, into target: inout Matrix, rows: Range<Int>? = nil
  ) throws(FedMedError) {
    let rows = rows ?? 0..<target.rows
    let (start, count) = (rows.lowerBound * target.columns, rows.count * target.columns)
    guard let place = places[name] else {
      throw FedMedError(.badData, "no tensor \(name)", file: file.path)
    }
    guard ArrayHeader.count(place.shape) == count else {
      throw FedMedError(
        .badData, "shape \(place.shape), expected \(count) elements", file: file.path, place: name)
    }
    let data = UnsafeRawBufferPointer(rebasing: file.bytes[place.range])
    target.withMutableElements {
      HalfPrecision.expand(
        data, place.element,
        into: UnsafeMutableBufferPointer(rebasing: $0[start..<start + count]))
    }
    file.release(place.range)
  }
}
