import FMEncoder

/// What becomes a sample.
public enum SampleUnit: String, CaseIterable, Sendable {
  case image, series, study
}

/// A sample of one or more slices.
struct SeriesSample: Sendable {
  /// The slices to encode.
  let slices: [SliceReference]
  /// All files of the series or study.
  let files: [IndexedFile]
  /// The series; `nil` for a whole study.
  let series: String?
  /// The place in the series, from 1; `nil` unless the sample is a single image.
  let number: Int?

  /// The paths of its files, and of the folders that contain them.
  var paths: Set<String> {
    var paths: Set<String> = []
    for file in files {
      var path = file.name[...]
      paths.insert(String(path))
      while let slash = path.lastIndex(of: "/") {
        path = path[..<slash]
        paths.insert(String(path))
      }
    }
    return paths
  }

  /// Makes samples of files.
  /// - Parameter count: the number of equally spaced slices to take of each series or study; `nil` for
  ///   all.
  static func samples(
    _ files: [IndexedFile], unit: SampleUnit, count: Int?
  ) -> [SeriesSample] {
    let series = Dictionary(grouping: files) { "\($0.study)\0\($0.series)" }
    func sample(
      _ slices: [SliceReference], of files: [IndexedFile], series: String?, number: Int? = nil
    ) -> SeriesSample {
      SeriesSample(slices: slices, files: files, series: series, number: number)
    }
    switch unit {
    case .image:
      return series.values.flatMap { files in
        SliceOrder.spaced(Array(SliceOrder.slices(files).enumerated()), count: count)
          .map { sample([$1], of: [$1.file], series: $1.file.series, number: $0 + 1) }
      }
    case .series:
      return series.values.map { files in
        sample(
          SliceOrder.spaced(SliceOrder.slices(files), count: count), of: files,
          series: files[0].series)
      }
    case .study:
      let studies = Dictionary(grouping: series.values) { $0[0].study }
      return studies.values.map { series in
        let ordered = series.sorted { a, b in
          a[0].seriesNumber != b[0].seriesNumber
            ? a[0].seriesNumber < b[0].seriesNumber : a[0].series < b[0].series
        }
        return sample(
          SliceOrder.spaced(ordered.flatMap(SliceOrder.slices), count: count),
          of: ordered.flatMap { $0 }, series: nil)
      }
    }
  }
}
