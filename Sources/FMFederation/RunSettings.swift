import FMArchive
import FMBase
import FMNumerics

/// What fm-federate writes into a run's `settings`: its sites, and how it makes models of updates.
struct RunSettings {
  /// The names of the sites that train, in the file's order.
  private(set) var sites: [String] = []
  /// That of the site that is held out, where there is one.
  private(set) var global: [String] = []
  private var filter = Filter.gzip.rawValue
  private var weights = AggregationWeights.uniform
  /// By their names, which are those of the options.
  private var rules: [String: String] = [:]

  init() {}

  init(path: String) throws(FedMedError) {
    for line in Table.lines(try ByteSource(path: path).text(limit: 1 << 24)) {
      let cells = line.split(separator: "\t").map(String.init)
      if cells.count > 2, cells[0] == "site" {
        if cells[2] == Name.global { global.append(cells[1]) } else { sites.append(cells[1]) }
      }
      if cells.count == 2, cells[0] == "filter" { filter = cells[1] }
      if cells.count == 2, cells[0] == "weights" {
        weights = AggregationWeights(rawValue: cells[1]) ?? weights
      }
      if cells.count == 2, cells[0] == "rule", let space = cells[1].firstIndex(of: " ") {
        rules[String(cells[1][..<space].drop { $0 == "-" })] =
          String(cells[1][cells[1].index(after: space)...])
      }
    }
  }

  /// How the names of models and updates end.
  /// - Throws: `badData` for a filter that is none.
  /// - Parameter file: what messages call the settings.
  func suffix(file: String) throws(FedMedError) -> String {
    guard let filter = Filter(rawValue: filter) else {
      throw FedMedError(.badData, "unknown filter '\(printable(filter))'", file: file)
    }
    return switch filter {
    case .none: ".tar"
    case .gzip: ".tar.gz"
    case .zstd: ".tar.zst"
    }
  }

  /// The arrays that a model's updates make, in the codec of the model.
  /// - Parameter memory: what the server's optimiser remembered with the model before.
  package func aggregate(
    _ paths: [String], into model: ModelArchive, global: ModelArchive, memory: String
  ) throws(FedMedError) -> [Tensor] {
    guard
      let rule = AggregationRules.all.first(where: { $0.name == rules["rule"] ?? MeanRule.name })
    else { throw FedMedError(.badData, "unknown rule", file: model.name) }
    let round = try FederatedRound(paths: paths, global: global)
    var settings = AggregationSettings()
    settings.malicious = rules["malicious"].flatMap { Int($0) } ?? settings.malicious
    settings.kept = rules["keep"].flatMap { Int($0) }
    settings.trimmed = rules["trim"].flatMap { Double($0) } ?? settings.trimmed
    settings.largestNorm = rules["largest-norm"].flatMap { Double($0) }
    settings.global = global.tensors
    var result = try round.combine(by: rule, settings: settings, weights: weights)
    if let name = rules["optimizer"],
      let optimizer = ServerOptimizers.all.first(where: { $0.name == name })
    {
      let state = ByteSource.isRegularFile(memory) ? try ServerState(path: memory) : nil
      var step = try ServerOptimization(
        optimizer, learningRate: rules["server-learning-rate"].flatMap { Double($0) },
        global: global, state: state)
      result = try step.step(towards: result)
    }
    guard try model.coding.elementType() == .float16 else { return result }
    return result.map {
      Tensor(name: $0.name, shape: $0.shape, values: $0.values.map { Float(Float16($0)) })
    }
  }
}
