import ArgumentParser
import FMCommand

/// Evaluates models.
struct FMEval: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fm-eval",
    abstract: "Evaluate models, predict with them, and combine results.",
    version: version(of: "fm-eval"),
    subcommands: [
      ScoreVerb.self, PredictVerb.self, ShowVerb.self, CalibrateVerb.self, TableVerb.self,
      SelectVerb.self, ReportVerb.self, CheckVerb.self,
    ])

  mutating func run() throws {
    throw ValidationError(
      "no verb given (known: score, predict, show, calibrate, table, select, report, check)")
  }
}

/// A verb of fm-eval.
protocol Verb: Tool {}

extension Verb {
  static var name: String { FMEval.configuration.commandName ?? "" }
}

FMEval.start()
