import FMArchive
import FMBase
import FMMetrics

/// Predictions with labels, from a prediction archive or from a table by any program.
public struct PredictionSource: Sendable {
  /// The names of the classes.
  public let classes: [String]
  /// The site of the samples; `nil` if it is unknown, as in a table.
  public let site: String?
  /// The predictions of each predictor: first those of the method's final predictor, then those of
  /// its other predictors and of `calibrated`, if present. A table has one predictor, `table`.
  public let predictions: [(predictor: String, probabilities: LabeledProbabilities)]
  /// The number of each sample's group; `nil` if no column of groups was given.
  public let groups: [Int]?
  /// The checksum of the samples' names in their order.
  private let checksum: String

  /// The final predictions: the calibrated ones, if any.
  public var final: LabeledProbabilities {
    (predictions.first { $0.predictor == Report.calibrated } ?? predictions[0])
      .probabilities
  }

  /// Reads predictions.
  ///
  /// A table has a header, a column `label`, and for each class a column with its probabilities,
  /// named `p_` and the class.
  /// - Parameters:
  ///   - path: the path of the archive or table; `-` is standard input.
  ///   - group: the column with the group of each sample; `nil` if samples are independent.
  ///   - samples: the table with that column, whose first column names the samples; `nil` if the
  ///     column is in the table of predictions.
  /// - Throws: `usage` if an archive is to be grouped without a table of samples; `noInput` if the
  ///   file cannot be read; `badData` if it is malformed or has no labels.
  public init(
    path: String, group: String? = nil, samples: (table: Table, file: String)? = nil
  ) throws(FedMedError) {
    let source = try ByteSource(path: path)
    let first = try source.peek(16)
    let isArchive = first.starts(with: "manifest.json".utf8) || Self.isCompressed(first)
    if isArchive {
      guard group == nil || samples != nil else {
        throw FedMedError(
          .usage, "a prediction archive has no columns to group by", file: path,
          hint: "--samples names a table with the groups")
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
    let probabilities = try LabeledProbabilities(
      classes: classes.count, values: table.values, labels: table.labels, file: file)
    predictions = [("table", probabilities)]
  }

  private static func isCompressed(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: [0x1F, 0x8B]) || bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD])
  }

  /// The number of each sample's group, from a table of samples; `nil` if there is none.
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
            .badData, "duplicate sample '\(printable(table.rows[row][0]))'",
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
      throw reader.fault("not a prediction archive", "manifest.json")
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
      throw FedMedError(.badData, "has no labels to score with", file: reader.name)
    }
    var predictions: [(predictor: String, probabilities: LabeledProbabilities)] = []
    for (predictor, numbers) in values {
      predictions.append(
        (
          predictor,
          try LabeledProbabilities(
            classes: classes.count, values: numbers, labels: labels, file: reader.name)
        ))
    }
    self.predictions = predictions
    groups = try Self.groups(group, samples, names: names, file: reader.name)
    checksum = SHA256.hexadecimal(
      SHA256.digest(Array(names.map { $0 + "\n" }.joined().utf8)))
  }

  /// Whether `other` has the same classes and the same samples, in the same order and with the same
  /// labels.
  public func matches(_ other: PredictionSource) -> Bool {
    classes == other.classes && checksum == other.checksum
      && final.labels == other.final.labels
  }
}
