import FMArchive
import FMBase
import FMNumerics

/// A pipeline from images to features.
public struct FeatureExtraction {
  private let encoder: VisionEncoder
  private let preprocessing: Preprocessing
  private let window: GrayWindow?
  private let damage: ImageDamage?

  /// Creates a pipeline.
  /// - Parameters:
  ///   - window: the gray values to show of 16-bit images; `nil` for each image's full range.
  ///   - damage: applied to the preprocessed images; `nil` for none.
  public init(
    encoder: VisionEncoder, preprocessing: Preprocessing, window: GrayWindow?,
    damage: ImageDamage?
  ) {
    self.damage = damage
    self.encoder = encoder
    self.preprocessing = preprocessing
    self.window = window
  }

  private struct Job {
    let file: ImageFile
    let isKnown: Bool
    var image: Result<Raster, FedMedError>?
  }

  /// Encodes all images of `source` that have no record in `log`, and appends their features to it.
  /// - Parameters:
  ///   - unreadable: called for each image that cannot be read; an error it throws ends the
  ///     extraction.
  ///   - progress: called with the number of images done.
  /// - Throws: `badData` if the log belongs to other images or a feature is out of range, and the
  ///   errors of `source`, `log` and `unreadable`.
  public func encode(
    _ source: some ImageSource, log: ExtractionLog,
    unreadable: (FedMedError) throws(FedMedError) -> Void, progress: (Int) -> Void
  ) throws(FedMedError) {
    var done = 0
    while true {
      let jobs = try decoded(source, log)
      guard !jobs.isEmpty else { return }
      var images: [Raster] = []
      for job in jobs {
        switch job.image {
        case .success(let image): images.append(image)
        case .failure(let error): try unreadable(error)
        case nil: break
        }
      }
      let new = jobs.filter { $0.image != nil }
      if !new.isEmpty {
        let features = try encoder.encode(images, preprocessing: preprocessing)
        try write(features, of: new, to: log)
      }
      done += jobs.count
      progress(done)
    }
  }

  /// Reads and decodes the next batch, except for images that have a record.
  private func decoded(
    _ source: some ImageSource, _ log: ExtractionLog
  ) throws(FedMedError) -> [Job] {
    var jobs: [Job] = []
    var isAtEnd = false
    while jobs.count < encoder.batch && !isAtEnd {
      // Read no more files at a time than there are threads, because each is in memory and may be
      // large.
      var part: [Job] = []
      while part.count < min(Parallel.threads, encoder.batch - jobs.count) && !isAtEnd {
        let file = try source.next()
        if let file { part.append(Job(file: file, isKnown: try log.skipIfKnown(file.mark))) }
        isAtEnd = file == nil
      }
      Parallel.update(&part) { [preprocessing, window, damage] job in
        if job.isKnown { return }
        job.image = Result { () throws(FedMedError) in
          let bytes = try job.file.bytes()
          do throws(FedMedError) {
            let image = preprocessing.fit(try ImageDecoder.decode(bytes, window: window))
            return try damage?.apply(to: image) ?? image
          } catch {
            throw error.naming(file: job.file.name)
          }
        }
      }
      jobs += part
    }
    return jobs
  }

  private func write(
    _ features: Matrix, of jobs: [Job], to log: ExtractionLog
  ) throws(FedMedError) {
    var records: [(mark: String, features: [UInt8]?)] = []
    var row = 0
    for job in jobs {
      var own: [UInt8]?
      if case .success = job.image {
        do throws(FedMedError) {
          own = try ElementCoding.encode(Array(features.row(row)), as: .float16)
        } catch {
          throw FedMedError(.badData, "invalid feature: \(error.reason)", file: job.file.name)
        }
        row += 1
      }
      records.append((job.file.mark, own))
    }
    try log.append(records)
  }
}
