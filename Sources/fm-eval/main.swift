import ArgumentParser
import FMCommand

struct FMEval: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fm-eval",
    abstract: "Evaluate a model, predict with it, and put results together.",
    version: version(of: "fm-eval"),
    subcommands: [
      ScoreVerb.self, PredictVerb.self, ShowVerb.self, CalibrateVerb.self, TableVerb.self,
      SelectVerb.self, ReportVerb.self, CheckVerb.self,
    ])

  mutating func run() throws {
    throw ValidationError(
      "no verb; it is one of score, predict, show, calibrate, table, select, report, check")
  }
}

/// One of fm-eval's verbs.
protocol Verb: Tool {}

extension Verb {
  static var name: String { FMEval.configuration.commandName ?? "" }
}

FMEval.start()
