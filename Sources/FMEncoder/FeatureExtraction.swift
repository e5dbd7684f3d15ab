import FMArchive
import FMBase
import FMNumerics

/// A pipeline from images to features.
public struct FeatureExtraction {
  private let encoder: VisionEncoder
  private let preprocessing: Preprocessing
  private let windows: [GrayWindow]
  private let damage: ImageDamage?

  /// Creates a pipeline.
  /// - Parameters:
  ///   - windows: the gray values to show of 16-bit images, see ``ImageDecoder``.
  ///   - damage: applied to the preprocessed images; `nil` for none.
  public init(
    encoder: VisionEncoder, preprocessing: Preprocessing, windows: [GrayWindow],
    damage: ImageDamage?
  ) {
    self.damage = damage
    self.encoder = encoder
    self.preprocessing = preprocessing
    self.windows = windows
  }

  private struct Job {
    let file: ImageFile
    let isKnown: Bool
    /// The images that could be read.
    var images: [Raster] = []
  }

  /// Encodes all samples of `source` that have no record in `log`, and appends their features to it. A
  /// sample with more than one image gets the mean features of its readable images.
  /// - Parameters:
  ///   - unreadable: called for each image that cannot be read; an error it throws ends the
  ///     extraction.
  ///   - progress: called with the number of samples done.
  /// - Throws: `badData` if the log belongs to other images or a feature is out of range, and the
  ///   errors of `source`, `log` and `unreadable`.
  public func encode(
    _ source: some ImageSource, log: ExtractionLog,
    unreadable: (FedMedError) throws(FedMedError) -> Void, progress: (Int) -> Void
  ) throws(FedMedError) {
    var done = 0
    while true {
      let jobs = try decoded(source, log, unreadable)
      guard !jobs.isEmpty else { return }
      let new = jobs.filter { !$0.isKnown }
      if !new.isEmpty {
        let features = try encoder.encode(new.flatMap(\.images), preprocessing: preprocessing)
        try write(features, of: new, to: log)
      }
      done += jobs.count
      progress(done)
    }
  }

  private struct Slice {
    let file: ImageFile
    let job: Int
    let index: Int
    var image: Result<Raster, FedMedError>?
  }

  /// Reads and decodes the next batch, except for samples that have a record: as many samples as fill a
  /// batch of the encoder with their images.
  private func decoded(
    _ source: some ImageSource, _ log: ExtractionLog,
    _ unreadable: (FedMedError) throws(FedMedError) -> Void
  ) throws(FedMedError) -> [Job] {
    var (jobs, waiting, images): ([Job], [Slice], Int) = ([], [], 0)
    /// Decodes the waiting images: no more at a time than there are threads, because the file of each
    /// is in memory and may be large.
    func decode(upTo most: Int) throws(FedMedError) {
      while waiting.count > most {
        var part = Array(waiting.prefix(Parallel.threads))
        waiting.removeFirst(part.count)
        Parallel.update(&part) { [preprocessing, windows, damage] slice in
          slice.image = Result { () throws(FedMedError) in
            let image = preprocessing.fit(try slice.file.image(slice.index, windows: windows))
            return try damage?.apply(to: image) ?? image
          }
        }
        for slice in part {
          switch slice.image {
          case .success(let image): jobs[slice.job].images.append(image)
          case .failure(let error): try unreadable(error)
          case nil: break
          }
        }
      }
    }
    while images < encoder.batch, let file = try source.next() {
      let job = Job(file: file, isKnown: try log.skipIfKnown(file.mark))
      jobs.append(job)
      images += file.count
      if job.isKnown { continue }
      for index in 0..<file.count {
        waiting.append(Slice(file: file, job: jobs.count - 1, index: index))
      }
      // A source may hand out files in memory.
      try decode(upTo: Parallel.threads - 1)
    }
    try decode(upTo: 0)
    return jobs
  }

  private func write(
    _ features: Matrix, of jobs: [Job], to log: ExtractionLog
  ) throws(FedMedError) {
    var records: [(mark: String, features: [UInt8]?)] = []
    var row = 0
    for job in jobs {
      var own: [UInt8]?
      if !job.images.isEmpty {
        do throws(FedMedError) {
          let mean = features.mean(of: row..<row + job.images.count)
          own = try ElementCoding.encode(mean, as: .float16)
        } catch {
          throw FedMedError(.badData, "invalid feature: \(error.reason)", file: job.file.name)
        }
        row += job.images.count
      }
      records.append((job.file.mark, own))
    }
    try log.append(records)
  }
}

extension Matrix {
  /// The mean of some rows.
  /// - Precondition: there is at least one.
  fileprivate func mean(of rows: Range<Int>) -> [Float] {
    var sums = Array(row(rows.lowerBound))
    guard rows.count > 1 else { return sums }
    for other in rows.dropFirst() {
      for (i, value) in row(other).enumerated() { sums[i] += value }
    }
    return sums.map { $0 / Float(rows.count) }
  }
}
