import FMBase

/// An array in memory, read from a `.npy` file or a member of a `.npz` file.
struct NumPyArray {
  /// NumPy's descriptor of the element type; float64 has been converted to float32.
  package let descriptor: String
  package let shape: [Int]
  /// The little-endian elements, in row-major order.
  package let data: [UInt8]
  /// The name used in messages.
  private let name: String

  init(floats: [Float], shape: [Int], name: String) {
    (descriptor, self.shape, self.name) = ("<f4", shape, name)
    data = floats.withUnsafeBytes { Array($0) }
  }

  /// The most bytes of an array, which is held in memory: 4 GiB.
  private static let largest = 1 << 32
  /// The largest allowed ratio of uncompressed to compressed size of an `.npz` file; numbers hardly
  /// compress.
  private static let maximumInflation = 100

  private static let zip: [UInt8] = [0x50, 0x4B, 0x03, 0x04]

  /// Whether a file is in a NumPy format, judged by its first bytes or its name.
  package static func recognizes(_ source: ByteSource) throws(FedMedError) -> Bool {
    let start = try source.peek(6)
    return start == [0x93] + Array("NUMPY".utf8) || start.starts(with: zip)
      || source.name.hasSuffix(".npy") || source.name.hasSuffix(".npz")
  }

  /// Whether the file at `path` is an `.npz` file with an array of that name.
  package static func has(_ name: String, in path: String) -> Bool {
    let file = parts(path).file
    guard ByteSource.isRegularFile(file), let source = try? ByteSource(path: file),
      (try? source.peek(4)) == zip, let stream = try? DecompressedStream(source)
    else { return false }
    stream.limit = ArchiveReader.sizeLimit
    guard let zip = try? TarStream(stream, isZip: true, file: file) else { return false }
    while let entry = try? zip.next() { if entry.name == "\(name).npy" { return true } }
    return false
  }

  /// The path of a file, and the name of an `.npz` array if one follows a colon.
  package static func parts(_ path: String) -> (file: String, array: String?) {
    guard let range = path.range(ofLast: ".npz:") else { return (path, nil) }
    return (String(path[..<range.lowerBound]) + ".npz", String(path[range.upperBound...]))
  }

  /// Reads a file.
  /// - Parameters:
  ///   - path: a `.npy` file, or an `.npz` file with an optional array name after a colon.
  ///   - preferred: the array to read if an `.npz` file has several and none is named.
  /// - Throws: `badData` if the file is malformed, truncated or has elements other than numbers;
  ///   `noInput` if it cannot be opened; `ioError` if reading fails.
  init(path: String, preferred: String) throws(FedMedError) {
    try self.init(
      ByteSource(path: Self.parts(path).file), array: Self.parts(path).array, preferred: preferred)
  }

  /// Reads a source.
  /// - Parameter array: the name of the array in an `.npz` file; `nil` chooses as above.
  init(_ source: ByteSource, array: String?, preferred: String) throws(FedMedError) {
    if try source.peek(4) == Self.zip {
      self = try Self.member(source, array, preferred)
    } else {
      try self.init(name: source.name) { limit throws(FedMedError) in try source.read(upTo: limit) }
    }
  }

  private static func member(
    _ source: ByteSource, _ array: String?, _ preferred: String
  ) throws(FedMedError) -> NumPyArray {
    let stream = try DecompressedStream(source)
    stream.limit = ArchiveReader.sizeLimit
    let zip = try TarStream(stream, isZip: true, file: source.name)
    let limit = min(Self.largest, Self.maximumInflation * (source.size ?? Self.largest) + 1 << 20)
    var (found, names): (NumPyArray?, [String]) = (nil, [])
    while let entry = try zip.next() {
      guard entry.kind == .file, entry.name.hasSuffix(".npy") else { continue }
      let name = String(entry.name.dropLast(4))
      names.append(name)
      guard entry.size <= limit else {
        throw FedMedError(
          .badData, "\(entry.size) bytes when uncompressed, must be at most \(limit)",
          file: source.name,
          place: printable(name))
      }
      guard name == array ?? preferred || array == nil && names.count == 1 else { continue }
      found = try NumPyArray(name: "\(source.name):\(printable(name))") {
        limit throws(FedMedError) in
        var bytes = [UInt8](repeating: 0, count: min(limit, entry.size))
        let count = try bytes.withUnsafeMutableBytes { buffer in
          Result { () throws(FedMedError) in try zip.read(into: buffer, place: printable(name)) }
        }.get()
        return Array(bytes[..<count])
      }
    }
    let isUnambiguous = array.map(names.contains) ?? (names.count == 1 || names.contains(preferred))
    guard let found, isUnambiguous else {
      throw FedMedError(
        .badData, "no array '\(printable(array ?? preferred))'", file: source.name,
        hint: "it has \(names.map { printable($0) }.joined(separator: ", ")); choose one with "
          + "\(source.name):NAME")
    }
    return found
  }

  private init(
    name: String, read: (Int) throws(FedMedError) -> [UInt8]
  ) throws(FedMedError) {
    self.name = name
    let header: ArrayHeader
    do throws(FedMedError) {
      let prefix = try read(10)
      let length = try ArrayHeader.length(prefix: prefix)
      header = try ArrayHeader(bytes: prefix + read(length - 10), acceptsColumnMajor: true)
    } catch {
      throw error.naming(file: name)
    }
    guard let size = Self.sizes[header.descriptor], let count = header.count,
      count <= Self.largest / size
    else {
      throw FedMedError(
        .badData, "elements of type \(printable(header.descriptor)) cannot be read", file: name,
        hint: "features and texts are floats, labels integers; at most 4 GiB are read")
    }
    // Convert double precision piece by piece, to save memory.
    let isDouble = header.descriptor == "<f8"
    var (data, left): ([UInt8], Int) = ([], count * size)
    while left > 0 {
      let piece = try read(min(left, 1 << 23))
      guard piece.count == min(left, 1 << 23) else {
        throw FedMedError(
          .badData,
          "\(count * size - left + piece.count) bytes of data, shape \(header.shape) has "
            + "\(count * size)", file: name)
      }
      data += isDouble ? Self.single(piece) : piece
      left -= piece.count
    }
    guard try read(1).isEmpty else {
      throw FedMedError(
        .badData, "unexpected data after the array of shape \(header.shape)", file: name)
    }
    shape = header.shape
    descriptor = isDouble ? "<f4" : header.descriptor
    let rows =
      header.isColumnMajor && shape.count == 2
      ? Self.rowMajor(data, rows: shape[0], columns: shape[1], size: isDouble ? 4 : size) : data
    guard !header.isColumnMajor || shape.count == 2 else {
      throw FedMedError(.badData, "the array is in Fortran order", file: name)
    }
    self.data = rows
  }

  /// Converts column-major data, which pandas writes, to row-major order.
  private static func rowMajor(_ data: [UInt8], rows: Int, columns: Int, size: Int) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: data.count)
    for row in 0..<rows {
      for column in 0..<columns {
        let (source, target) = ((column * rows + row) * size, (row * columns + column) * size)
        for byte in 0..<size { result[target + byte] = data[source + byte] }
      }
    }
    return result
  }

  /// Converts float64 to float32, the precision of all computations.
  private static func single(_ doubles: [UInt8]) -> [UInt8] {
    var floats = [Float](repeating: 0, count: doubles.count / 8)
    doubles.withUnsafeBytes { bytes in
      for i in floats.indices {
        floats[i] = Float(bytes.loadUnaligned(fromByteOffset: 8 * i, as: Double.self))
      }
    }
    return floats.withUnsafeBytes { Array($0) }
  }

  private static let sizes = [
    "<f2": 2, "<f4": 4, "<f8": 8, "|u1": 1, "|i1": 1, "<i2": 2, "<i4": 4, "<i8": 8,
  ]

  package var summary: String { "\(printable(descriptor)) of shape \(shape)" }

  var floatType: ElementType? {
    let type = ElementType(rawValue: descriptor)
    return type == .float16 || type == .float32 ? type : nil
  }

  /// The elements if they are integers; otherwise `nil`.
  package var integers: [Int]? {
    func read<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) -> [Int] {
      data.withUnsafeBytes { data in
        stride(from: 0, to: data.count, by: MemoryLayout<T>.size).map {
          Int(truncatingIfNeeded: data.loadUnaligned(fromByteOffset: $0, as: T.self))
        }
      }
    }
    switch descriptor {
    case "|u1": return read(UInt8.self)
    case "|i1": return read(Int8.self)
    case "<i2": return read(Int16.self)
    case "<i4": return read(Int32.self)
    case "<i8": return read(Int64.self)
    default: return nil
    }
  }

  package func fault(_ reason: String) -> FedMedError {
    FedMedError(.badData, reason, file: name)
  }
}

extension String {
  fileprivate func range(ofLast text: String) -> Range<Index>? {
    var end = endIndex
    while end > startIndex {
      let start = index(before: end)
      if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
      end = start
    }
    return nil
  }
}
