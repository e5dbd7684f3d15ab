import Foundation

@testable import FMArchive
@testable import FMBase
@testable import FMMethods
@testable import FMMetrics
@testable import FMNumerics
@testable import FMReports

/// The folder of a run with artificial results: a model, and for each site a report on it.
struct TestRun {
  /// A predictor and the share of the samples that it gets right.
  typealias Skill = (predictor: String, share: Double)

  let folder: TemporaryFolder
  let name: String
  private let model: ModelArchive

  /// Creates a run whose best model is that of round 0.
  init(_ folder: TemporaryFolder, _ name: String, classes: [String]) throws {
    (self.folder, self.name) = (folder, name)
    var features = try smallFeatures()
    features.classes = classes
    features.text = randomMatrix(classes.count, 8, seed: 2)
    model = try smallModel(folder, like: features)
    let manager = FileManager.default
    for part in ["rounds/000/reports", "results"] {
      try manager.createDirectory(
        atPath: folder.path("\(name)/\(part)"), withIntermediateDirectories: true)
    }
    try manager.copyItem(
      atPath: model.name, toPath: folder.path("\(name)/rounds/000/model.tar"))
  }

  /// Adds a site's test report. The same site, seed and number of samples give the same samples.
  func add(
    _ site: String, samples: Int, _ skills: [Skill], seed: UInt64 = 1, minimum: Int = 5,
    draws: Int = 300
  ) throws {
    let classes = model.manifest.classes
    var random = RandomStream(seed: seed, site: site, purpose: .partition)
    // The first class is the most frequent one.
    let labels = (0..<samples).map { _ in max(random.below(classes.count + 2) - 2, 0) }
    let parts = skills.map { skill in
      // A fixed set of samples is wrong, so that a better predictor is right wherever a worse one is.
      var difficulty = RandomStream(seed: seed, site: site, round: 1, purpose: .partition)
      var matrix = Matrix(rows: samples, columns: classes.count)
      for (row, label) in labels.enumerated() {
        let guess =
          difficulty.uniform() < skill.share ? label : (label + 1) % classes.count
        let confidence = Float(0.5 + 0.5 * random.uniform())
        for c in classes.indices {
          matrix[row, c] =
            c == guess ? confidence : (1 - confidence) / Float(classes.count - 1)
        }
      }
      return Predictions.Part(skill.predictor, matrix)
    }
    let plan = ScoreDraws.Plan(
      samples: SHA256.hexadecimal(SHA256.digest(Array("\(site) \(seed) \(samples)".utf8))),
      count: draws, seed: seed, groups: nil, group: nil)
    let report = try Report(
      split: .test,
      predictions: Predictions(parts)
        .preceded(by: Report.majority(labels: labels, classes: classes.count)),
      labels: labels, names: classes, minimum: minimum, plan: draws > 0 ? plan : nil, file: site)
    _ = try folder.create("\(name)/results/\(site).tar") { descriptor, file throws(FedMedError) in
      try SiteReport.write(
        report, site: site, model: model, tool: "test 1", to: descriptor, file: file)
    }
  }

  /// Reads the run as fm-eval does.
  func read() throws -> RunReport { try RunReport(path: folder.path(name)) }
}
