import FMArchive
import FMBase
import FMMetrics

/// Predictions with labels, from a prediction archive of ours or from anyone's table.
public struct PredictionSource: Sendable {
  public let classes: [String]
  /// nil of a table.
  public let site: String?
  /// By who predicts: what the method predicts with first, then its other predictors and `calibrated`
  /// where they are there; of a table `table`.
  public let predictions: [(predictor: String, probabilities: LabelledProbabilities)]
  /// For each sample the number of those that it belongs to, where that was asked for.
  public let groups: [Int]?
  /// The checksum of the samples' names in their order.
  private let checksum: String

  /// What is predicted with: the calibrated predictions where there are some.
  public var final: LabelledProbabilities {
    (predictions.first { $0.predictor == Report.calibrated } ?? predictions[0])
      .probabilities
  }

  /// Reads `path`, `-` being standard input.
  ///
  /// A table is tab-separated with a header, has a column `label`, and for each class a column `p_`
  /// and its name, with the probabilities.
  /// - Parameters:
  ///   - group: the column that says which samples belong together.
  ///   - samples: where that column is; nil is in the table of predictions. The first column names
  ///     the samples.
  public init(
    path: String, group: String? = nil, samples: (table: Table, file: String)? = nil
  ) throws(FedMedError) {
    let source = try ByteSource(path: path)
    let first = try source.peek(16)
    let isArchive = first.starts(with: "manifest.json".utf8) || Self.isPacked(first)
    if isArchive {
      guard group == nil || samples != nil else {
        throw FedMedError(
          .usage, "an archive has no columns to group by; a table of samples has", file: path)
      }
      try self.init(
        ArchiveReader(source, kinds: [.predictions]), group: group, samples: samples)
    } else {
      try self.init(
        PredictionTable(
          source, group: samples == nil ? group : nil, keepsNames: samples != nil),
        group: group, samples: samples, file: source.name)
    }
  }

  private init(
    _ table: PredictionTable, group: String?, samples: (table: Table, file: String)?, file: String
  ) throws(FedMedError) {
    classes = table.classes
    site = nil
    checksum = table.checksum
    groups =
      try Self.groups(group, samples, names: table.names, file: file)
      ?? (group == nil ? nil : table.groups)
    let probabilities = try LabelledProbabilities(
      classes: classes.count, values: table.values, labels: table.labels, file: file)
    predictions = [("table", probabilities)]
  }

  private static func isPacked(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: [0x1F, 0x8B]) || bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD])
  }

  /// The number of each sample's group, by another table.
  private static func groups(
    _ column: String?, _ samples: (table: Table, file: String)?, names: [String], file: String
  ) throws(FedMedError) -> [Int]? {
    guard let column, let (table, tableFile) = samples else { return nil }
    var numbers: [String: Int] = [:]
    var groups: [String: Int] = [:]
    do throws(FedMedError) {
      for (row, value) in try table.column(column).enumerated() {
        let number = numbers[value, default: numbers.count]
        numbers[value] = number
        guard groups.updateValue(number, forKey: table.rows[row][0]) == nil else {
          throw FedMedError(
            .badData, "sample '\(printable(table.rows[row][0]))' is there twice",
            place: "line \(row + 2)")
        }
      }
    } catch {
      throw error.naming(file: tableFile)
    }
    var result: [Int] = []
    for name in names {
      guard let group = groups[name] else {
        throw FedMedError(
          .badData, "sample '\(printable(name))' is not in \(tableFile)", file: file)
      }
      result.append(group)
    }
    return result
  }

  private init(
    _ reader: ArchiveReader, group: String?, samples: (table: Table, file: String)?
  ) throws(FedMedError) {
    guard case .predictions(let payload) = reader.manifest.payload else {
      throw reader.fault("holds no predictions", "manifest.json")
    }
    classes = reader.manifest.classes
    site = payload.site
    var labels: [Int]?
    var names: [String] = []
    var values: [(predictor: String, values: [Double])] = []
    while let member = try reader.next() {
      switch member.name {
      case "labels.npy": labels = try reader.integers().map { Int($0) }
      case "samples.txt": names = Table.lines(try reader.text()).map { String($0) }
      default:
        let name = String(member.name.dropLast(".npy".count))
        let numbers = try reader.floats().map { Double($0) }
        let final = payload.scored.predictors.last ?? name
        values.append((name == "probabilities" ? final : name, numbers))
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
    self.predictions = predictions
    groups = try Self.groups(group, samples, names: names, file: reader.name)
    checksum = SHA256.hexadecimal(
      SHA256.digest(Array(names.map { $0 + "\n" }.joined().utf8)))
  }

  /// Whether it is of the same samples, in the same order and with the same labels.
  public func matches(_ other: PredictionSource) -> Bool {
    classes == other.classes && checksum == other.checksum
      && final.labels == other.final.labels
  }
}
