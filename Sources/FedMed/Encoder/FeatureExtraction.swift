import Glibc

/// Images on their way to a feature archive.
public struct FeatureExtraction {
  /// A sample before it is encoded.
  public struct Sample: Sendable {
    public let path: String
    /// Its row in the table.
    public let row: Int

    public init(path: String, row: Int) {
      self.path = path
      self.row = row
    }
  }

  /// Rows of the table whose images were encoded, and their features [n, D].
  public struct Encoded: Sendable {
    public let rows: [Int]
    /// Half precision, little endian.
    public let bytes: [UInt8]
  }

  /// How many images go through the encoder together.
  private static let batch = 32

  private let encoder: VisionEncoder
  private let preprocessing: Preprocessing
  private let threads: Int

  public init(encoder: VisionEncoder, preprocessing: Preprocessing, threads: Int) {
    self.encoder = encoder
    self.preprocessing = preprocessing
    self.threads = threads
  }

  private struct Job {
    let sample: Sample
    var image: Result<Raster, FedMedError>
  }

  /// Encodes all samples.
  /// - Parameters:
  ///   - unreadable: called for an image that cannot be read; what it throws ends the extraction.
  ///   - progress: called with the number of images done.
  public func encode(
    _ samples: [Sample], unreadable: (FedMedError) throws(FedMedError) -> Void,
    progress: (Int) -> Void
  ) throws(FedMedError) -> Encoded {
    var (rows, bytes): ([Int], [UInt8]) = ([], [])
    for start in stride(from: 0, to: samples.count, by: Self.batch) {
      let part = samples[start..<min(start + Self.batch, samples.count)]
      var jobs = part.map {
        Job(sample: $0, image: .failure(FedMedError(.internalError, "not read", file: $0.path)))
      }
      let preprocessing = preprocessing
      Parallel.update(&jobs, threads: threads) { job in
        job.image = Result { () throws(FedMedError) in
          try Self.read(job.sample.path, preprocessing)
        }
      }
      var images: [Raster] = []
      for job in jobs {
        switch job.image {
        case .success(let image):
          images.append(image)
          rows.append(job.sample.row)
        case .failure(let error): try unreadable(error)
        }
      }
      let features = try encoder.encode(images, preprocessing: preprocessing, threads: threads)
      do throws(FedMedError) {
        bytes += try ElementCoding.encode(features.elements, as: .float16)
      } catch {
        throw FedMedError(.badData, "a feature: \(error.reason)", file: part.first?.path)
      }
      progress(start + part.count)
    }
    return Encoded(rows: rows, bytes: bytes)
  }

  private static func read(
    _ path: String, _ preprocessing: Preprocessing
  ) throws(FedMedError) -> Raster {
    let limit = 1 << 28
    let bytes = try ByteSource(path: path).read(upTo: limit + 1)
    guard bytes.count <= limit else {
      throw FedMedError(.badData, "larger than \(limit) bytes", file: path)
    }
    do throws(FedMedError) {
      return preprocessing.fit(try ImageDecoder.decode(bytes))
    } catch {
      throw error.naming(file: path)
    }
  }
}
