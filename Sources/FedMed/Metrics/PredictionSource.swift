/// Predictions with labels, from a prediction archive of ours or from anyone's table.
public struct PredictionSource: Sendable {
  public let classes: [String]
  /// The samples' names: of a table its first column.
  public let samples: [String]
  /// nil of an archive.
  private let table: Table?
  /// By who predicts: `ensemble`, and `fam` and `mlp` where they are there; of a table `table`.
  public let predictions: [(predictor: String, probabilities: LabelledProbabilities)]

  /// Reads `path`, `-` being standard input.
  ///
  /// A table is tab-separated with a header, has a column `label`, and for each class a column `p_`
  /// and its name, with the probabilities.
  public init(path: String) throws(FedMedError) {
    let source = try ByteSource(path: path)
    let first = try source.peek(16)
    let isTable = first.starts(with: "manifest.json".utf8) == false && !Self.isPacked(first)
    if isTable {
      self = try Self.table(source)
    } else {
      self = try Self.archive(ArchiveReader(source, kinds: [.predictions]))
    }
  }

  private init(
    classes: [String], samples: [String], table: Table?,
    predictions: [(predictor: String, probabilities: LabelledProbabilities)]
  ) {
    (self.classes, self.samples, self.predictions) = (classes, samples, predictions)
    self.table = table
  }

  /// Which samples belong together, by a column of the table.
  /// - Throws: `badData` where there is none.
  public func groups(_ column: String, file: String) throws(FedMedError) -> [String] {
    guard let table else {
      throw FedMedError(
        .usage, "--group takes a column of a table, and this is an archive", file: file)
    }
    do throws(FedMedError) {
      return try table.column(column)
    } catch {
      throw error.naming(file: file)
    }
  }

  private static func isPacked(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: [0x1F, 0x8B]) || bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD])
  }

  private static func archive(_ reader: ArchiveReader) throws(FedMedError) -> PredictionSource {
    let classes = reader.manifest.classes
    var labels: [Int]?
    var samples: [String] = []
    var values: [(predictor: String, values: [Double])] = []
    while let member = try reader.next() {
      switch member.name {
      case "labels.npy": labels = try reader.integers().map { Int($0) }
      case "samples.txt": samples = Table.lines(try reader.text()).map { String($0) }
      default:
        let name = String(member.name.dropLast(".npy".count))
        let numbers = try reader.floats().map { Double($0) }
        values.append((name == "probabilities" ? "ensemble" : name, numbers))
      }
    }
    guard let labels else {
      throw FedMedError(.badData, "has no labels to compare with", file: reader.name)
    }
    var predictions: [(predictor: String, probabilities: LabelledProbabilities)] = []
    for (predictor, numbers) in values {
      predictions.append(
        (
          predictor,
          try LabelledProbabilities(
            classes: classes.count, values: numbers, labels: labels, file: reader.name)
        ))
    }
    return PredictionSource(
      classes: classes, samples: samples, table: nil, predictions: predictions)
  }

  private static func table(_ source: ByteSource) throws(FedMedError) -> PredictionSource {
    let name = source.name
    let table = try Table(text: source.text(limit: Table.sizeLimit), file: name)
    let columns = table.header.indices.filter { table.header[$0].hasPrefix("p_") }
    let classes = columns.map { String(table.header[$0].dropFirst(2)) }
    guard classes.count > 1, let place = table.header.firstIndex(of: "label") else {
      throw FedMedError(
        .badData, "neither a prediction archive nor a table of predictions", file: name,
        hint: "a table has a column label, and for each class a column p_ and its name")
    }
    let numbers = Dictionary(uniqueKeysWithValues: zip(classes, classes.indices))
    var (values, labels): ([Double], [Int]) = ([], [])
    values.reserveCapacity(table.rows.count * classes.count)
    for (line, row) in table.rows.enumerated() {
      func fault(_ reason: String) -> FedMedError {
        FedMedError(.badData, reason, file: name, place: "line \(line + 2)")
      }
      guard let label = numbers[row[place]] else {
        throw fault("'\(printable(row[place]))' is none of the classes")
      }
      labels.append(label)
      for column in columns {
        guard let value = Double(row[column]) else {
          throw fault("'\(printable(row[column]))' is no number")
        }
        values.append(value)
      }
    }
    let probabilities = try LabelledProbabilities(
      classes: classes.count, values: values, labels: labels, file: name)
    return PredictionSource(
      classes: classes, samples: table.rows.map { $0[0] }, table: table,
      predictions: [("table", probabilities)])
  }
}
