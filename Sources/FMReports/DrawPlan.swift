import FMArchive
import FMBase
import FMMetrics
import FMNumerics

extension FeatureSet {
  /// The plan of bootstrap draws of some of the samples.
  ///
  /// The seed is derived from everything about the samples, including their features, so that two
  /// models that a site tests on the same samples are tested on the same draws, while nobody else
  /// can repeat these.
  /// - Parameters:
  ///   - count: the number of draws.
  ///   - x: the features of the samples [N, D].
  ///   - indices: their positions in the feature set [N].
  ///   - group: the column of the feature table whose values are drawn as a whole; `nil` for the
  ///     default.
  ///   - patient: the default column, which is used if the table has it.
  /// - Throws: `badData` if there is no column `group`.
  public func plan(
    draws count: Int, of x: Matrix, at indices: [Int], group: String?, default patient: String
  ) throws(FedMedError) -> ScoreDraws.Plan {
    let column = group ?? (table.header.contains(patient) ? patient : nil)
    let groups = try column.map { column throws(FedMedError) in
      do throws(FedMedError) {
        let cells = try table.column(column)
        return Self.numbers(indices.map { cells[$0] })
      } catch {
        throw error.naming(file: name)
      }
    }
    var hash = SHA256()
    for index in indices {
      hash.update(Array("\(table.rows[index][0])\t\(labels?[index] ?? -1)\n".utf8)[...])
    }
    for group in groups ?? [] { hash.update(Array("\(group)\n".utf8)[...]) }
    x.elements.withUnsafeBytes { hash.update($0) }
    let digest = hash.hexadecimal()
    func derived(_ use: String) -> [UInt8] { SHA256.digest(Array("\(use)\n\(digest)".utf8)) }
    return ScoreDraws.Plan(
      samples: SHA256.hexadecimal(derived("samples")), count: count,
      seed: derived("seed").prefix(8).reduce(0) { $0 << 8 | UInt64($1) }, groups: groups,
      group: column)
  }

  /// Numbers groups in the order of their first samples. A sample that names no group is one of
  /// its own.
  private static func numbers(_ names: [String]) -> [Int] {
    var (numbers, next): ([String: Int], Int) = ([:], 0)
    return names.map { name in
      if !name.isEmpty, let number = numbers[name] { return number }
      defer { next += 1 }
      if !name.isEmpty { numbers[name] = next }
      return next
    }
  }
}
