/// Features that another program computed, as NumPy files.
public struct FeatureImport {
  private let features: String
  private let labels: String?
  private let text: String
  private let classes: String
  private let table: String
  private let encoder: String
  private let logitScale: Double

  /// Paths of the files; `labels` may be absent.
  public init(
    features: String, labels: String?, text: String, classes: String, table: String,
    encoder: String, logitScale: Double
  ) {
    self.features = features
    self.labels = labels
    self.text = text
    self.classes = classes
    self.table = table
    self.encoder = encoder
    self.logitScale = logitScale
  }

  /// Reads the files and checks that they belong together.
  public func read() throws(FedMedError) -> FeatureSet {
    let features = try NumPyFile(path: features)
    guard features.header.shape.count == 2, let type = features.floatType else {
      throw features.fault("\(features.summary), expected <f2 or <f4 of two dimensions")
    }
    let (count, dimension) = (features.header.shape[0], features.header.shape[1])
    guard count > 0, (1...Manifest.largestDimension).contains(dimension) else {
      throw features.fault("shape \(features.header.shape)")
    }
    if let index = ElementCoding.firstNonFinite(features.data, as: type) {
      throw features.fault("sample \(index / dimension) has a feature that is not finite")
    }

    let names = try ClassNames.read(path: classes)
    func check(_ valid: Bool, _ reason: String, _ file: String) throws(FedMedError) {
      guard valid else { throw FedMedError(.badData, reason, file: file) }
    }
    try check(Manifest.isName(encoder), "the encoder's name cannot be one", encoder)
    guard logitScale > 0 && logitScale <= 300 else {
      throw FedMedError(.usage, "--logit-scale must be above 0 and at most 300")
    }

    let text = try Self.text(path: text, classes: names.count, dimension: dimension)

    let table = try Table(
      text: ByteSource(path: table).text(limit: Table.sizeLimit), file: table)
    try check(
      table.rows.count == count, "\(table.rows.count) samples for \(count) rows of features",
      self.table)
    return FeatureSet(
      classes: names,
      encoder: Manifest.Encoder(name: encoder, dimension: dimension, logitScale: logitScale),
      rows: FeatureRows(features.data, as: type, dimension: dimension),
      labels: try readLabels(count: count, classes: names, table: table),
      text: text, table: table,
      name: self.features)
  }

  /// Reads class features [C, D] from a `.npy` file.
  /// - Throws: `badData` where they are of another shape or not finite.
  public static func text(
    path: String, classes: Int, dimension: Int
  ) throws(FedMedError) -> Matrix {
    let file = try NumPyFile(path: path)
    guard file.header.shape == [classes, dimension], let type = file.floatType else {
      throw file.fault(
        "\(file.summary), expected floats of shape [\(classes), \(dimension)]: classes × numbers")
    }
    if let index = ElementCoding.firstNonFinite(file.data, as: type) {
      throw file.fault("class \(index / dimension) has a feature that is not finite")
    }
    var values: [Float] = []
    file.data.withUnsafeBytes { ElementCoding.decode($0, as: type, into: &values) }
    return Matrix(rows: classes, columns: dimension, elements: values)
  }

  private func readLabels(
    count: Int, classes: [String], table: Table
  ) throws(FedMedError) -> [Int]? {
    guard let labels else { return nil }
    let file = try NumPyFile(path: labels)
    guard file.header.shape == [file.header.shape.first ?? 0], let values = file.integers else {
      throw file.fault("\(file.summary), expected integers of one dimension")
    }
    guard values.count == count else {
      throw file.fault("\(values.count) labels for \(count) samples")
    }
    if let index = values.firstIndex(where: { !classes.indices.contains($0) }) {
      throw file.fault(
        "label \(values[index]) of sample \(index), there are \(classes.count) classes, from 0 on")
    }
    // A table that names the classes in a column of its own must agree: rows in another order
    // would go unnoticed until the model is no better than chance.
    if table.header.contains("label") {
      let column = try table.column("label")
      if column.allSatisfy(classes.contains),
        let row = values.indices.first(where: { column[$0] != classes[values[$0]] })
      {
        throw file.fault(
          "sample \(row) is '\(classes[values[row]])', the table says '\(column[row])'")
      }
    }
    return values
  }
}

/// A `.npy` file in memory.
private struct NumPyFile {
  let header: ArrayHeader
  let data: [UInt8]
  let path: String

  init(path: String) throws(FedMedError) {
    self.path = path
    let source = try ByteSource(path: path)
    do throws(FedMedError) {
      let prefix = try source.read(upTo: 10)
      let length = try ArrayHeader.length(prefix: prefix)
      header = try ArrayHeader(bytes: prefix + source.read(upTo: length - 10))
    } catch {
      throw error.naming(file: path)
    }
    guard let size = Self.sizes[header.descriptor], let count = header.count,
      count <= ArchiveReader.sizeLimit / size
    else {
      throw FedMedError(
        .badData, "elements of type \(printable(header.descriptor)) cannot be read", file: path,
        hint: "features and texts are float32 or float16, labels int32 or int64")
    }
    data = try source.read(upTo: count * size + 1)
    guard data.count == count * size else {
      let found = data.count > count * size ? "more" : "\(data.count)"
      throw fault("\(found) bytes of data, shape \(header.shape) has \(count * size)")
    }
  }

  private static let sizes = [
    "<f2": 2, "<f4": 4, "|u1": 1, "|i1": 1, "<i2": 2, "<i4": 4, "<i8": 8,
  ]

  var summary: String { "\(printable(header.descriptor)) of shape \(header.shape)" }

  var floatType: ElementType? {
    let type = ElementType(rawValue: header.descriptor)
    return type == .float16 || type == .float32 ? type : nil
  }

  /// The elements, where they are integers.
  var integers: [Int]? {
    func read<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) -> [Int] {
      data.withUnsafeBytes { data in
        stride(from: 0, to: data.count, by: MemoryLayout<T>.size).map {
          Int(truncatingIfNeeded: data.loadUnaligned(fromByteOffset: $0, as: T.self))
        }
      }
    }
    switch header.descriptor {
    case "|u1": return read(UInt8.self)
    case "|i1": return read(Int8.self)
    case "<i2": return read(Int16.self)
    case "<i4": return read(Int32.self)
    case "<i8": return read(Int64.self)
    default: return nil
    }
  }

  func fault(_ reason: String) -> FedMedError {
    FedMedError(.badData, reason, file: path)
  }
}
