import ArgumentParser
import FMCommand
import FMSeries
import FedMed

extension SampleUnit: ExpressibleByArgument {}

extension GrayRange: ExpressibleByArgument {
  /// Parses the name of a window or range, or a center and a width separated by a comma.
  public init?(argument: String) {
    switch argument {
    case "full": self = .full
    case "header": self = .header
    default:
      if let window = GrayWindow.named[argument] {
        self = .window(window)
        return
      }
      let numbers = argument.split(separator: ",", omittingEmptySubsequences: false)
        .map(Double.init)
      guard numbers.count == 2, let center = numbers[0], let width = numbers[1],
        center.isFinite, width.isFinite, width > 0
      else { return nil }
      self = .window(GrayWindow(center: center, width: width))
    }
  }
}

/// Which rows of a table belong to which samples.
struct LabelKey: ExpressibleByArgument {
  let key: LabelTable.Key
  let column: String?

  /// Parses the kind of key, optionally followed by an equals sign and the name of its column.
  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let key = LabelTable.Key(rawValue: String(parts[0])), parts.last != "" else { return nil }
    (self.key, column) = (key, parts.count == 2 ? String(parts[1]) : nil)
  }
}

/// The options for images in series, as DICOM files have them.
struct SeriesOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Read DICOM, and make a sample of each image, series or study.",
      valueName: "image|series|study"))
  var unit: SampleUnit?

  @Option(
    help: """
      Take this number of equally spaced slices of each series or study (16; with --unit image: all).
      """)
  var slices: Int?

  @Option(
    help: ArgumentHelp(
      "Keep the key of the pseudonyms, and the table of whose they are, in this folder.",
      valueName: "folder"), completion: .directory)
  var pseudonyms: String?

  @Option(
    help: ArgumentHelp(
      "The column of the table that identifies samples: accession, study or path, or KIND=COLUMN.",
      valueName: "kind"))
  var key: LabelKey?

  var isGiven: Bool { unit != nil || slices != nil || pseudonyms != nil || key != nil }

  /// The most slices of a sample.
  private static let mostSlices = 1024
  /// The slices of a series or a study if nothing else is chosen.
  private static let usualSlices = 16

  mutating func validate() throws {
    guard unit != nil else {
      if isGiven {
        throw ValidationError("--slices, --pseudonyms and --key require --unit")
      }
      return
    }
    if let slices, !(1...Self.mostSlices).contains(slices) {
      throw ValidationError("--slices must be between 1 and \(Self.mostSlices)")
    }
    if pseudonyms == nil { throw ValidationError("--unit requires --pseudonyms") }
  }

  /// How samples are made.
  func choices(_ unit: SampleUnit, _ windows: [GrayRange]) -> SeriesImages.Choices {
    SeriesImages.Choices(
      unit: unit, slices: slices ?? (unit == .image ? nil : Self.usualSlices), ranges: windows)
  }
}
