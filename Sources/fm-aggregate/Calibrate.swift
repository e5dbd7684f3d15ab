import ArgumentParser
import FMCommand
import FedMed

/// Fits the temperature of a finished model to the sites' validation reports.
struct CalibrateVerb: Tool {
  static let name = "fm-aggregate"
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Fit the temperature of a finished model to the sites' validation reports.",
    usage: "fm-aggregate calibrate --model MODEL [options] REPORT ... > MODEL",
    discussion: """
      For methods whose reports have log losses at several temperatures (gaussian). The temperature \
      minimizes the total log loss. Only the probabilities of the predictor `shared` change.
      """)

  @Option(
    help: ArgumentHelp("The model that the sites reported on.", valueName: "file"),
    completion: .file())
  var model: String

  @OptionGroup var signatures: SignatureOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Write the model to this file (standard output).", valueName: "file"),
    completion: .file())
  var output: String?

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(help: "The sites' validation reports; - is standard input.", completion: .file())
  var reports: [String] = []

  func execute() throws(FedMedError) {
    guard !reports.isEmpty else { throw FedMedError(.usage, "no reports given") }
    let inputs = reports + [model]
    guard inputs.count(where: { $0 == "-" }) < 2 else {
      throw FedMedError(.usage, "standard input can be read only once")
    }
    try Output.check(output, inputs: inputs, isBinary: true)
    let signers = try signatures.allowed()
    var calibration = try ModelCalibration(ModelArchive(model: model))
    for path in reports {
      do throws(FedMedError) {
        if let signers {
          try calibration.add(signers.report(path: path))
        } else {
          try calibration.add(SiteReport(path: path))
        }
      } catch {
        guard signers != nil, error.code == .badData || error.code == .refused else { throw error }
        messages.report(error, as: .discarded)
      }
    }
    let temperature = try calibration.temperature()
    try Output.write(to: output, inputs: inputs, isBinary: true) {
      descriptor, file throws(FedMedError) in
      try calibration.write(tool: Self.signature, to: descriptor, file: file)
    }
    inform(
      "temperature \(JSON.rounded(temperature, places: 4).line), from \(calibration.samples) samples"
    )
  }
}
