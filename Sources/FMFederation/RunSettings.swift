import FMArchive
import FMBase
import FMNumerics
import FMReports

/// The settings of a run, read from the file `settings` that fm-federate writes: its sites and the
/// aggregation.
struct RunSettings {
  /// The names of the training sites, in the order of the file.
  private(set) var sites: [String] = []
  /// The name of the held-out site, if any.
  private(set) var global: [String] = []
  /// Whether updates contain noise for differential privacy, so that nothing else that depends on
  /// samples may choose the model.
  private(set) var addsNoise = false
  private var filter = Filter.gzip.rawValue
  private var weights = AggregationWeights.uniform
  /// The aggregation options, by their names without hyphens.
  private var rules: [String: String] = [:]

  init() {}

  init(path: String) throws(FedMedError) {
    for line in Table.lines(try ByteSource(path: path).text(limit: 1 << 24)) {
      let cells = line.split(separator: "\t").map(String.init)
      if cells.count > 2, cells[0] == "site" {
        if cells[2] == Name.global { global.append(cells[1]) } else { sites.append(cells[1]) }
      }
      if cells.count == 2, cells[0] == "filter" { filter = cells[1] }
      if cells.count == 2, cells[0] == "parameter", cells[1].hasPrefix("--dp ") {
        addsNoise = Double(cells[1].dropFirst("--dp ".count)) ?? 0 > 0
      }
      if cells.count == 2, cells[0] == "weights" {
        weights = AggregationWeights(rawValue: cells[1]) ?? weights
      }
      if cells.count == 2, cells[0] == "rule", let space = cells[1].firstIndex(of: " ") {
        rules[String(cells[1][..<space].drop { $0 == "-" })] =
          String(cells[1][cells[1].index(after: space)...])
      }
    }
  }

  /// The suffix of the file names of models and updates.
  /// - Parameter file: the name of the settings in messages.
  /// - Throws: `badData` if the filter is unknown.
  func suffix(file: String) throws(FedMedError) -> String {
    guard let filter = Filter(rawValue: filter) else {
      let known = Filter.allCases.map(\.rawValue).joined(separator: ", ")
      throw FedMedError(
        .badData, "unknown filter '\(printable(filter))' (known: \(known))", file: file)
    }
    return switch filter {
    case .none: ".tar"
    case .gzip: ".tar.gz"
    case .zstd: ".tar.zst"
    }
  }

  /// Recomputes the aggregation of a model's updates, rounded to the codec of the model.
  /// - Parameters:
  ///   - folder: the run's folder.
  ///   - paths: the updates that are listed in the model.
  package func aggregate(
    in folder: String, _ paths: [String], into model: ModelArchive, global: ModelArchive
  ) throws(FedMedError) -> AggregationPlan.Outcome {
    let stateFile = "\(folder)/\(RunFolder.round(global.round))/server.tar"
    let plan = try plan(file: model.name)
    let state =
      plan.optimizer != nil && ByteSource.isRegularFile(stateFile)
      ? try ServerState(path: stateFile) : nil
    var result: AggregationPlan.Outcome
    if model.model?.aggregation?.secure == true {
      result = try SecureSum(paths, in: folder, model: global).outcome(plan, state: state).outcome
    } else {
      result = try plan.apply(
        to: FederatedRound(paths: paths, global: global), global: global, state: state)
    }
    guard try model.coding.elementType() == .float16 else { return result }
    result.model = result.model.map {
      Tensor(name: $0.name, shape: $0.shape, values: $0.values.map { Float(Float16($0)) })
    }
    return result
  }

  private func plan(file: String) throws(FedMedError) -> AggregationPlan {
    var plan = AggregationPlan()
    if let name = rules["rule"] {
      guard let rule = AggregationRules.all.first(where: { $0.name == name }) else {
        let known = AggregationRules.all.map { $0.name }.joined(separator: ", ")
        throw FedMedError(
          .badData, "unknown rule '\(printable(name))' (known: \(known))", file: file)
      }
      plan.rule = rule
    }
    plan.weights = weights
    plan.settings.malicious = rules["malicious"].flatMap { Int($0) } ?? plan.settings.malicious
    plan.settings.kept = rules["keep"].flatMap { Int($0) }
    plan.settings.trimmed = rules["trim"].flatMap { Double($0) } ?? plan.settings.trimmed
    plan.settings.largestNorm = rules["largest-norm"].flatMap { Double($0) }
    plan.optimizer = rules["optimizer"].flatMap { name in
      ServerOptimizers.all.first { $0.name == name }
    }
    plan.learningRate = rules["server-learning-rate"].flatMap { Double($0) }
    return plan
  }
}
