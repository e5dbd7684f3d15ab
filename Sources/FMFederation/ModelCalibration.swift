import FMArchive
import FMBase
import FMMethods
import FMNumerics
import FMReports

/// The calibration of a finished model: the temperature with the smallest log loss over all sites'
/// validation samples.
public struct ModelCalibration {
  /// The number of validation samples so far.
  public private(set) var samples = 0

  private let model: ModelArchive
  private let method: any CalibratedMethod
  /// The total log loss at each of the method's temperatures.
  private var losses: [Double]
  private var sites: Set<String> = []

  /// Starts the calibration of a model.
  /// - Throws: `usage` if the model is not finished, or its method is not calibrated from reports.
  public init(_ model: ModelArchive) throws(FedMedError) {
    guard let method = try model.method() as? any CalibratedMethod, model.model?.parent != nil
    else {
      throw FedMedError(
        .usage, "calibration requires a finished model of a method that is calibrated from reports",
        file: model.name)
    }
    (self.model, self.method) = (model, method)
    losses = [Double](repeating: 0, count: method.temperatures.count)
  }

  /// Adds a site's log losses. A report of too few samples has none and changes nothing.
  /// - Throws: `badData` if the report is on another model or another split, or the site has
  ///   already reported.
  public mutating func add(_ report: SiteReport) throws(FedMedError) {
    func require(_ fits: Bool, _ reason: String) throws(FedMedError) {
      guard fits else { throw FedMedError(.badData, reason, file: report.name) }
    }
    try require(
      report.scored.parent == model.identity, "reports on another model than \(model.name)")
    try require(
      report.report.split == Split.validation.rawValue,
      "expected the validation split, found \(report.report.split)")
    try require(sites.insert(report.site).inserted, "duplicate report of site '\(report.site)'")
    guard let own = report.report.logLosses else { return }
    try require(own.count == losses.count, "\(own.count) log losses, expected \(losses.count)")
    for i in own.indices { losses[i] += own[i] }
    samples += report.report.total
  }

  /// The temperature with the smallest total log loss; the largest one if several are equal.
  /// - Throws: `tryAgain` if no report has log losses.
  public func temperature() throws(FedMedError) -> Double {
    guard samples > 0 else {
      throw FedMedError(
        .tryAgain, "no report has log losses",
        hint: "a site with fewer validation samples than its --min-count reports none")
    }
    return method.temperatures[losses.indexOfLastMinimum]
  }

  /// The model's arrays at that temperature.
  package func tensors() throws(FedMedError) -> [Tensor] {
    try method.calibrated(model.tensors, temperature: temperature())
  }

  /// Writes the calibrated model, which replaces the original: round, parent and inputs are
  /// unchanged.
  /// - Throws: `tryAgain` if no report has log losses; `badData` if a value cannot be stored;
  ///   `ioError` if writing fails.
  public func write(tool: String, to descriptor: Int32, file: String) throws(FedMedError) {
    let writer = try ArchiveWriter()
    try writer.add(tensors())
    for tensor in model.totals { try writer.add(tensor) }
    var manifest = model.manifest
    manifest.tool = tool
    try writer.finish(manifest, filter: .none, to: descriptor, file: file)
  }
}
