import FMArchive
import FMBase

/// The tables that fm-federate keeps in a run's folder.
extension RunReport {
  private static func table(_ path: String) throws(FedMedError) -> Table? {
    guard ByteSource.isRegularFile(path) else { return nil }
    return try Table(text: ByteSource(path: path).text(limit: 1 << 30), file: path)
  }

  /// The whole numbers in columns of a table.
  private static func numbers(
    _ table: Table, _ columns: [String], file: String
  ) throws(FedMedError) -> [[Int]] {
    do throws(FedMedError) {
      var result: [[Int]] = []
      for column in columns {
        var values: [Int] = []
        for (line, cell) in try table.column(column).enumerated() {
          guard let value = Int(cell), value >= 0, value < 1 << 36 else {
            throw FedMedError(
              .badData, "'\(printable(cell))' is not a number", place: "line \(line + 2)")
          }
          values.append(value)
        }
        result.append(values)
      }
      return result
    } catch {
      throw error.naming(file: file)
    }
  }

  /// The round that `rounds.tsv` marks as the best one.
  static func best(_ folder: String) throws(FedMedError) -> Int? {
    let file = "\(folder)/rounds.tsv"
    guard let table = try table(file) else { return nil }
    let columns = try numbers(table, ["round", "best"], file: file)
    return zip(columns[0], columns[1]).first { $0.1 == 1 }?.0
  }

  static func missed(
    _ folder: String
  ) throws(FedMedError) -> [(round: Int, text: String)] {
    let file = "\(folder)/rounds.tsv"
    guard let table = try table(file), table.header.contains("missed") else { return [] }
    let rounds = try numbers(table, ["round"], file: file)[0]
    do throws(FedMedError) {
      return zip(rounds, try table.column("missed")).filter { $0.1 != "NA" }.map {
        (round: $0, text: $1)
      }
    } catch {
      throw error.naming(file: file)
    }
  }

  static func traffic(_ folder: String) throws(FedMedError) -> [Traffic] {
    let file = "\(folder)/traffic.tsv"
    guard let table = try table(file) else { return [] }
    let columns = try numbers(table, ["round", "bytes_down", "bytes_up"], file: file)
    let names: [String]
    do throws(FedMedError) { names = try table.column("site") } catch {
      throw error.naming(file: file)
    }
    return names.indices.map {
      Traffic(
        round: columns[0][$0], site: names[$0], down: columns[1][$0], up: columns[2][$0])
    }
  }

  /// The lines of the run's `settings` that are neither about a site nor a hyper-parameter, as
  /// names and values.
  static func settings(_ folder: String) throws(FedMedError) -> [(name: String, value: String)] {
    try lines(folder).filter { $0[0] != "site" && $0[0] != "parameter" && $0[0] != "method" }.map {
      (name: $0[0], value: $0.dropFirst().joined(separator: " "))
    }
  }

  /// The names of the training sites in the run's `settings`; empty if there is no such file.
  static func members(_ folder: String) throws(FedMedError) -> [String] {
    try lines(folder).filter { $0.count > 2 && $0[0] == "site" && $0[2] != Name.global }
      .map { $0[2] }
  }

  private static func lines(_ folder: String) throws(FedMedError) -> [[String]] {
    let file = "\(folder)/settings"
    guard ByteSource.isRegularFile(file) else { return [] }
    return try Table.lines(ByteSource(path: file).text(limit: 1 << 24)).map { line in
      line.split(separator: "\t").map { String($0) }
    }.filter { $0.count > 1 }
  }
}

extension RunPlan {
  /// The plan as names and values.
  fileprivate var values: [(name: String, value: Int?)] {
    [("rounds", rounds), ("min-sites", minimumSites), ("deadline", deadline)]
  }

  /// The entries that are set.
  var settings: [(name: String, value: String)] {
    values.compactMap { entry in entry.value.map { (entry.name, "\($0)") } }
  }
}
