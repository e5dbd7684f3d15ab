import FMArchive
import FMBase
import FMEncoder

/// Samples made of the images, series or studies of a site, under pseudonyms.
public final class SeriesImages: ImageSource {
  /// All samples.
  public let list: ImageList?
  /// The paths of the files.
  public let files: [String]
  /// The number of series or studies without a class, which are left out.
  public let unlabeled: Int
  /// Whose pseudonyms the samples have, also those that are left out.
  public let identities: [Pseudonyms.Identity]

  private let samples: [ImageFile]
  private let images: ImageList
  private var position = 0

  /// How samples are made.
  public struct Choices: Sendable {
    /// What becomes a sample.
    public let unit: SampleUnit
    /// The number of equally spaced slices to take; `nil` for all.
    public let slices: Int?
    /// How gray values are shown: one range, or three for red, green and blue; none for the header's.
    public let ranges: [GrayRange]

    /// Creates choices.
    public init(unit: SampleUnit, slices: Int?, ranges: [GrayRange]) {
      (self.unit, self.slices, self.ranges) = (unit, slices, ranges.isEmpty ? [.header] : ranges)
    }

    /// A text of all values, part of a checksum: it must never change.
    public var canonicalText: String {
      let shown = ranges.map(\.canonicalText).joined(separator: ", ")
      return "unit \(unit.rawValue), slices \(slices.map(String.init) ?? "all"), gray \(shown)"
    }
  }

  /// Makes samples of the images in an index. They are in the order of their pseudonyms, so that file
  /// names and folders have no influence.
  /// - Parameters:
  ///   - labels: the classes; samples without one are left out. `nil` leaves all samples unlabeled.
  ///   - classes: the classes in order; `nil` for those in the table.
  /// - Throws: `badData` if no sample is left or a class is unknown or invalid; `usage` if there are no
  ///   classes.
  public init(
    _ index: FileIndex, of input: SeriesInput, _ choices: Choices, pseudonyms: Pseudonyms,
    labels: inout LabelTable?, classes: [String]?
  ) throws(FedMedError) {
    let all = SeriesSample.samples(index.files, unit: choices.unit, count: choices.slices)
      .map { NamedSample($0, pseudonyms) }.sorted { $0.precedes($1) }
    var (kept, names): ([NamedSample], [String]) = ([], [])
    for sample in all {
      if labels == nil {
        kept.append(sample)
      } else if let label = labels?.label(of: sample.sample) {
        kept.append(sample)
        names.append(label)
      }
    }
    unlabeled = all.count - kept.count
    guard !kept.isEmpty else {
      throw FedMedError(.badData, "no sample has a class in the table", file: input.name)
    }
    var table = Table(
      header: ["sample", "patient", "study"], rows: kept.map { [$0.name, $0.patient, $0.study] })
    if choices.unit != .study { table.set("series", kept.map { $0.series ?? "" }) }
    table.set("modality", kept.map(\.modality))
    if labels != nil { table.set("label", names) }
    images = try ImageList(
      table: table, root: nil, pathColumn: "sample", labelColumn: labels == nil ? nil : "label",
      classes: classes, name: input.name)
    list = images
    samples = kept.map { $0.file(input.pool, choices.ranges) }
    files = index.files.map(\.path)
    identities = NamedSample.identities(all)
  }

  /// Returns the next sample.
  /// - Throws: nothing; files are read when their slices are decoded.
  public func next() throws(FedMedError) -> ImageFile? {
    guard position < samples.count else { return nil }
    defer { position += 1 }
    return samples[position]
  }

  /// Returns all samples.
  /// - Throws: nothing.
  public func finish() throws(FedMedError) -> ImageList { images }
}

/// A sample and its pseudonyms.
private struct NamedSample {
  let sample: SeriesSample
  let patient: String
  let study: String
  let series: String?

  init(_ sample: SeriesSample, _ pseudonyms: Pseudonyms) {
    self.sample = sample
    let file = sample.files[0]
    patient = pseudonyms.pseudonym(.patient, file.patient)
    study = pseudonyms.pseudonym(.study, file.study)
    series = sample.series.map { pseudonyms.pseudonym(.series, $0) }
  }

  /// The name in archives.
  var name: String {
    let own = series ?? study
    return sample.number.map { "\(own)/\($0)" } ?? own
  }

  var modality: String { Set(sample.files.map(\.modality)).sorted().joined(separator: "+") }

  func precedes(_ other: NamedSample) -> Bool {
    let (a, b) = ([study, series ?? ""], [other.study, other.series ?? ""])
    if a != b { return a.lexicographicallyPrecedes(b) }
    return (sample.number ?? 0) < (other.sample.number ?? 0)
  }

  func file(_ pool: DecoderPool, _ ranges: [GrayRange]) -> ImageFile {
    let marks = sample.slices.map { "\($0.file.mark) \($0.frame)" }.joined(separator: "\n")
    return ImageFile(
      name: sample.slices[0].file.path,
      mark: "\(SHA256.hexadecimal(SHA256.digest(Array(marks.utf8)))) \(name)",
      slices: FrameSlices(references: sample.slices, pool: pool, ranges: ranges))
  }

  /// Whose pseudonyms the samples have, each once.
  static func identities(_ samples: [NamedSample]) -> [Pseudonyms.Identity] {
    var (seen, identities): (Set<String>, [Pseudonyms.Identity]) = ([], [])
    func add(
      _ kind: Pseudonyms.Kind, _ pseudonym: String?, _ identifier: String, _ accession: String = ""
    ) {
      guard let pseudonym, seen.insert("\(kind) \(pseudonym)").inserted else { return }
      identities.append(
        Pseudonyms.Identity(
          kind: kind, pseudonym: pseudonym, identifier: identifier, accession: accession))
    }
    for named in samples {
      let file = named.sample.files[0]
      add(.patient, named.patient, file.patient)
      add(.study, named.study, file.study, file.accession ?? "")
      add(.series, named.series, file.series)
    }
    return identities
  }
}

/// Frames of files, which decoders read.
private struct FrameSlices: Slices {
  let references: [SliceReference]
  let pool: DecoderPool
  let ranges: [GrayRange]

  var count: Int { references.count }

  func slice(_ index: Int) throws(FedMedError) -> Raster {
    let (file, frame) = (references[index].file, references[index].frame)
    do throws(FedMedError) {
      return try FrameImage(pool.frame(frame, of: file.place), index: frame).raster(ranges)
    } catch {
      throw (file.frames.count > 1 ? error.within("frame \(frame + 1)") : error)
        .naming(file: file.path)
    }
  }
}
