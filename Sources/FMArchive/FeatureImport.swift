import FMBase
import FMNumerics

/// An import of features computed by another program, from NumPy files or a table of numbers.
public struct FeatureImport {
  private let features: String
  private let labels: String?
  private let text: String?
  private let classes: String?
  private let table: String?
  private let encoder: String
  private let logitScale: Double

  /// Creates an import; `read` opens the files.
  /// - Parameters:
  ///   - features: the path of a `.npy` or `.npz` file [N, D], or of a CSV or TSV table whose
  ///     columns `sample` and `label` can replace `table` and `labels`.
  ///   - labels: the path of the class numbers [N]; `nil` means unlabeled, unless the features
  ///     have a column `label`.
  ///   - text: the path of the class text features [C, D]; `nil` if anchors take their place.
  ///   - classes: the path of the class names; `nil` uses the distinct values of the column
  ///     `label`.
  ///   - table: the path of the table of samples; `nil` uses the column `sample`, or numbers the
  ///     samples.
  ///   - encoder: the encoder's name.
  ///   - logitScale: the logit scale τ, above 0 and at most 300.
  public init(
    features: String, labels: String?, text: String?, classes: String?, table: String?,
    encoder: String, logitScale: Double
  ) {
    self.features = features
    // One `.npz` file can hold both arrays.
    self.labels = labels ?? (NumPyArray.has("labels", in: features) ? features : nil)
    self.text = text
    self.classes = classes
    self.table = table
    self.encoder = encoder
    self.logitScale = logitScale
  }

  /// Whether the feature file at `path` is an `.npz` file that also holds class text features.
  public static func hasText(_ path: String) -> Bool { NumPyArray.has("text", in: path) }

  /// The file part of `path`, which may name an array as in `FILE.npz:ARRAY`.
  public static func file(_ path: String) -> String { NumPyArray.parts(path).file }

  /// Reads the files and checks that they are consistent.
  /// - Throws: `badData` with the file and place if a file is malformed or inconsistent with the
  ///   others; `noInput` if one cannot be opened; `ioError` if reading fails; `usage` if there are
  ///   no class names or the logit scale is out of range.
  public func read() throws(FedMedError) -> FeatureSet {
    let (features, columns) = try Self.features(path: features)
    guard features.shape.count == 2, let type = features.floatType else {
      throw features.fault("\(features.summary), expected a two-dimensional array of floats")
    }
    let (count, dimension) = (features.shape[0], features.shape[1])
    guard count > 0, (1...Manifest.largestDimension).contains(dimension) else {
      throw features.fault(
        "shape \(features.shape), expected [N, D] with D at most \(Manifest.largestDimension)")
    }
    if let index = ElementCoding.firstNonFinite(features.data, as: type) {
      throw features.fault("sample \(index / dimension) has a feature that is not finite")
    }

    let names: [String]
    if let classes {
      names = try ClassNames.read(path: classes)
    } else if let labels = columns?["label"] {
      if let row = labels.firstIndex(where: { !Name.isValid($0) }) {
        throw features.fault("the label of sample \(row + 1) is not a valid class name")
      }
      // Sort numbers by value, so that 2 comes before 10.
      let distinct = ClassNames.distinct(labels)
      names =
        distinct.allSatisfy { Int($0) != nil }
        ? distinct.sorted { Int($0) ?? 0 < Int($1) ?? 0 } : distinct
      guard names.count <= Manifest.largestClasses else {
        throw features.fault("\(names.count) classes, must be at most \(Manifest.largestClasses)")
      }
    } else {
      throw FedMedError(
        .usage, "an import requires the class names, or features with a column 'label'")
    }
    func check(_ valid: Bool, _ reason: String, _ file: String) throws(FedMedError) {
      guard valid else { throw FedMedError(.badData, reason, file: file) }
    }
    try check(Name.isValid(encoder), "invalid encoder name", encoder)
    guard logitScale > 0 && logitScale <= 300 else {
      throw FedMedError(.usage, "the logit scale must be above 0 and at most 300")
    }

    let text =
      try self.text.map { path throws(FedMedError) in
        try Self.text(path: path, classes: names.count, dimension: dimension)
      } ?? Matrix(rows: names.count, columns: dimension)
    let table = try samples(count, columns)
    try check(
      table.rows.count == count, "\(table.rows.count) samples for \(count) rows of features",
      self.table ?? self.features)
    return FeatureSet(
      classes: names,
      encoder: Manifest.Encoder(name: encoder, dimension: dimension, logitScale: logitScale),
      rows: FeatureRows(features.data, as: type, dimension: dimension),
      labels: try readLabels(count: count, classes: names, table: table, columns),
      text: text, table: table,
      name: self.features)
  }

  /// Reads class text features [C, D] from a `.npy` file, or from the array `text` of a `.npz`
  /// file.
  /// - Throws: `badData` if they have another shape or are not finite; `noInput` if the file cannot
  ///   be opened; `ioError` if reading fails.
  public static func text(
    path: String, classes: Int, dimension: Int
  ) throws(FedMedError) -> Matrix {
    let file = try NumPyArray(path: path, preferred: "text")
    guard file.shape == [classes, dimension], let type = file.floatType else {
      throw file.fault(
        "\(file.summary), expected floats of shape [\(classes), \(dimension)]: classes × features")
    }
    if let index = ElementCoding.firstNonFinite(file.data, as: type) {
      throw file.fault("class \(index / dimension) has a feature that is not finite")
    }
    var values: [Float] = []
    file.data.withUnsafeBytes { ElementCoding.decode($0, as: type, into: &values) }
    return Matrix(rows: classes, columns: dimension, elements: values)
  }

  private typealias Columns = [String: [String]]

  private static func features(path: String) throws(FedMedError) -> (NumPyArray, Columns?) {
    let (file, array) = NumPyArray.parts(path)
    let source = try ByteSource(path: file)
    if try NumPyArray.recognizes(source) {
      return (try NumPyArray(source, array: array, preferred: "features"), nil)
    }
    let table = try FeatureTable(source)
    return (table.array, table.columns)
  }

  /// The table of samples: the given one, or one made from the features' columns.
  private func samples(_ count: Int, _ columns: Columns?) throws(FedMedError) -> Table {
    if let table {
      return try Table(text: ByteSource(path: table).text(limit: Table.sizeLimit), file: table)
    }
    let names = columns?["sample"] ?? (1...count).map { "\($0)" }
    var header = ["sample"]
    var rows = names.map { [$0] }
    if let labels = columns?["label"] {
      header.append("label")
      for row in rows.indices { rows[row].append(labels[row]) }
    }
    guard rows.allSatisfy({ $0.allSatisfy(Name.isValid) }), Set(names).count == count else {
      throw FedMedError(
        .badData,
        "the columns 'sample' and 'label' must hold valid names, and sample names must be unique",
        file: features)
    }
    return Table(header: header, rows: rows)
  }

  private func readLabels(
    count: Int, classes: [String], table: Table, _ columns: Columns?
  ) throws(FedMedError) -> [Int]? {
    guard let labels else {
      guard let column = columns?["label"] else { return nil }
      let numbers = Dictionary(uniqueKeysWithValues: zip(classes, classes.indices))
      let values = column.compactMap { numbers[$0] }
      guard values.count == count else {
        throw FedMedError(
          .badData, "the column 'label' has a class that is not among the class names",
          file: features)
      }
      return values
    }
    let file = try NumPyArray(
      path: labels == features ? NumPyArray.parts(labels).file : labels, preferred: "labels")
    guard file.shape == [file.shape.first ?? 0], let values = file.integers else {
      throw file.fault("\(file.summary), expected a one-dimensional array of integers")
    }
    guard values.count == count else {
      throw file.fault("\(values.count) labels for \(count) samples")
    }
    if let index = values.firstIndex(where: { !classes.indices.contains($0) }) {
      throw file.fault(
        "label \(values[index]) of sample \(index), must be between 0 and \(classes.count - 1)")
    }
    // A label column in the table must agree with the labels: rows in a different order would
    // otherwise go unnoticed until the model is no better than chance.
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
