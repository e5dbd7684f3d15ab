import ArgumentParser
import FMCommand
import FedMed

/// The lists that the tool can print.
enum Listing: String, CaseIterable, ExpressibleByArgument {
  case methods, parameters, rules, optimizers, weights, codecs
}

/// Lists the names of methods, parameters, rules, optimizers, weights or codecs.
struct ListVerb: Tool {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List methods, their parameters, rules, optimizers, weights or codecs.",
    usage: "fm-aggregate list WHAT [--format FORMAT]")
  static let name = "fm-aggregate"

  @OptionGroup var table: TableOptions

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(help: "methods, parameters, rules, optimizers, weights or codecs.")
  var what: Listing

  func execute() throws(FedMedError) {
    try records().write(to: nil, table, messages: verbosity.quiet ? nil : messages)
  }

  /// The properties of each method that a script needs before a run.
  private var methods: Records {
    get throws(FedMedError) {
      var records = Records(
        "methods",
        columns: ["method", "rounds", "most_rounds", "server", "codec", "calibrated", "summary"])
      for method in Methods.all {
        let example = try method.make(MethodSetting(dimension: 2, classes: 2), method.values())
        let server =
          switch example.server {
          case .average: AggregationPlan.average
          case .sum: AggregationPlan.exactSum
          case .reduce: AggregationPlan.ownReduction
          }
        let codec = example.isExact ? Float32Codec.name : Float16Codec.name
        records.add([
          .string(method.name), .integer(method.rounds),
          method.isOneRound ? .integer(1) : .null, .string(server), .string(codec),
          .string(example is any CalibratedMethod ? "yes" : "no"), .string(method.summary),
        ])
      }
      return records
    }
  }

  private func records() throws(FedMedError) -> Records {
    switch what {
    case .methods:
      return try methods
    case .parameters:
      var records = Records(
        "parameters", columns: ["option", "methods", "default", "range", "help"])
      for parameter in RunOptions.declarations {
        let owners = RunOptions.owners(parameter).map(\.name).joined(separator: ", ")
        records.add([
          .string("--\(parameter.option)"), .string(owners),
          .string(parameter.defaultScalar.text), .string(parameter.domain.text),
          .string(parameter.help),
        ])
      }
      return records
    case .rules: return names(AggregationRules.all.map { $0.name })
    case .optimizers: return names(ServerOptimizers.all.map { $0.name })
    case .weights: return names(AggregationWeights.allCases.map(\.rawValue))
    case .codecs: return names(Codecs.all.map { $0.name })
    }
  }

  private func names(_ names: [String]) -> Records {
    var records = Records(what.rawValue, columns: ["name"])
    for name in names { records.add([.string(name)]) }
    return records
  }
}
