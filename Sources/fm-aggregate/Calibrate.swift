import ArgumentParser
import FMCommand
import FedMed

/// The temperature of a finished model, by what sites found on their validation samples.
struct CalibrateVerb: Tool {
  static let name = "fm-aggregate"
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Fit the temperature of a finished model to the sites' validation reports.",
    usage: "fm-aggregate calibrate --model MODEL [options] REPORT ... > MODEL",
    discussion: """
      Of methods whose reports have log losses for several temperatures (gaussian): the one with the \
      least total is taken. Only the probabilities of the predictor `shared` change.
      """)

  @Option(
    help: ArgumentHelp("The model that the reports are on.", valueName: "file"),
    completion: .file())
  var model: String

  @OptionGroup var signatures: SignatureOptions

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Where to write.", valueName: "file"),
    completion: .file())
  var output: String?

  @OptionGroup var talk: TalkOptions

  @Argument(help: "The sites' validation reports; - is standard input.", completion: .file())
  var reports: [String] = []

  func execute() throws(FedMedError) {
    guard !reports.isEmpty else { throw FedMedError(.usage, "no reports") }
    let inputs = reports + [model]
    guard inputs.count(where: { $0 == "-" }) < 2 else {
      throw FedMedError(.usage, "standard input is one file")
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
        messages.leaveOut(error)
      }
    }
    let temperature = try calibration.temperature()
    try Output.write(to: output, inputs: inputs, isBinary: true) {
      descriptor, file throws(FedMedError) in
      try calibration.write(tool: Self.signature, to: descriptor, file: file)
    }
    say(
      "temperature \(JSON.rounded(temperature, places: 4).line), by \(calibration.samples) samples")
  }
}
