import FMBase
import FMEncoder
import Glibc

/// How gray values are shown.
public enum GrayRange: Equatable, Sendable {
  /// From the darkest to the brightest value of the frame.
  case full
  /// By the table or the window of the header; `full` without one.
  case header
  /// A window: center ± width / 2.
  case window(GrayWindow)

  /// A text of all values, part of a checksum: it must never change.
  package var canonicalText: String {
    switch self {
    case .full: "full"
    case .header: "header"
    case .window(let window): window.canonicalText
    }
  }
}

extension GrayRange {
  /// A brightness in 8 bits; 0 if a header's numbers are so large that it is not defined.
  static func byte(_ brightness: Double) -> UInt8 {
    brightness > 0 ? UInt8((min(brightness, 1) * 255).rounded()) : 0
  }

  /// The function from values to brightness, 0 (black) to 1 (white).
  /// - Parameters:
  ///   - darkest: the least value of the frame; `brightest` is the greatest.
  ///   - isSigned: whether values may be negative, which decides how the table of the header is read.
  /// - Throws: `badData` if the window of the header is malformed.
  func brightness(
    _ elements: DICOMElements, frame: Int, darkest: Double, brightest: Double, isSigned: Bool
  ) throws(FedMedError) -> (Double) -> Double {
    switch self {
    case .window(let window):
      return VOIWindow(center: window.center, width: window.width, function: .exact).brightness
    case .header:
      let place = DICOMElements.Tag.windowTable.rawValue + "[0]."
      if let table = LookupTable(elements, in: place, isSigned: isSigned) {
        let largest = Double(table.largest)
        return { value in
          let index =
            value.magnitude < 131_072 ? Int(value.rounded(.towardZero)) : value < 0 ? .min : .max
          return min(Double(table.value(index)) / largest, 1)
        }
      }
      if let window = try VOIWindow(elements, frame: frame) { return window.brightness }
      fallthrough
    case .full:
      let span = brightest - darkest
      return { span > 0 ? min(max(($0 - darkest) / span, 0), 1) : 0 }
    }
  }
}

/// Brightness of each value that a frame may store (PS3.3 C.11).
struct GrayTable {
  /// The brightness of each value, from `first` on.
  private(set) var brightness: [Double]
  let first: Int

  /// Makes the table of a frame: modality table or rescaling, then the VOI table or window, then inversion
  /// for MONOCHROME1. Padding is black.
  /// - Parameter used: the stored values that occur in the frame, without padding; `nil` if there are none.
  init(
    _ elements: DICOMElements, _ layout: PixelLayout, frame: Int, range: GrayRange,
    used: ClosedRange<Int>?
  ) throws(FedMedError) {
    first = layout.range.lowerBound
    let rescale = Rescaling(elements, frame: frame, isSigned: layout.isSigned)
    let values = layout.range.map { rescale.value($0) }
    // Rescaling may be decreasing, or a table in any order.
    let own = (used ?? first...first).map { values[$0 - layout.range.lowerBound] }
    let show = try range.brightness(
      elements, frame: frame, darkest: own.min() ?? 0, brightest: own.max() ?? 0,
      isSigned: rescale.isSigned ?? layout.isSigned)
    brightness = values.map(show)
    if layout.colors == "MONOCHROME1" { brightness = brightness.map { 1 - $0 } }
    if let padding = Padding(elements, layout) {
      for value in padding.values.clamped(to: layout.range) { brightness[value - first] = 0 }
    }
  }

  /// The table in 8 bits.
  var bytes: [UInt8] { brightness.map(GrayRange.byte) }
}

/// Stored values that stand for no measurement (PS3.3 C.7.5.1.1.2).
struct Padding {
  let values: ClosedRange<Int>

  /// The padding of an object; `nil` if there is none.
  init?(_ elements: DICOMElements, _ layout: PixelLayout) {
    guard let value = elements.word(.padding) else { return nil }
    func signed(_ word: Int) -> Int {
      layout.isSigned ? Int(Int16(truncatingIfNeeded: word)) : word
    }
    let (a, b) = (signed(value), signed(elements.word(.paddingLimit) ?? value))
    values = min(a, b)...max(a, b)
    guard values.overlaps(layout.range) else { return nil }
  }
}

/// From stored values to those of the modality, such as Hounsfield units (PS3.3 C.11.1).
struct Rescaling {
  private let table: LookupTable?
  private let slope: Double
  private let intercept: Double

  init(_ elements: DICOMElements, frame: Int, isSigned: Bool) {
    table = LookupTable(
      elements, in: DICOMElements.Tag.modalityTable.rawValue + "[0].", isSigned: isSigned)
    let prefix = elements.prefix(of: .slope, in: .transformation, frame: frame)
    slope = elements.decimals(.slope, in: prefix).first ?? 1
    intercept = elements.decimals(.intercept, in: prefix).first ?? 0
  }

  func value(_ stored: Int) -> Double {
    if let table { return Double(table.value(stored)) }
    return Double(stored) * slope + intercept
  }

  /// Whether values may be negative; `nil` if it depends on the stored ones.
  var isSigned: Bool? {
    if table != nil { return false }
    return intercept < 0 ? true : nil
  }
}

/// A table of values (PS3.3 C.11.1.1); values before and after it have the first and the last entry.
struct LookupTable {
  private let first: Int
  private let entries: [Int]
  /// The largest value that an entry may have.
  let largest: Int

  /// Reads a table; `nil` if there is none, or its description does not fit its data.
  init?(
    _ elements: DICOMElements, in prefix: String,
    descriptor: DICOMElements.Tag = .tableDescriptor, data: DICOMElements.Tag = .tableData,
    isSigned: Bool
  ) {
    let description = elements.words(descriptor, in: prefix)
    guard description.count >= 3, (1...16).contains(description[2]) else { return nil }
    // 0 stands for 2¹⁶.
    let count = description[0] == 0 ? 1 << 16 : description[0]
    first = isSigned ? Int(Int16(truncatingIfNeeded: description[1])) : description[1]
    largest = (1 << description[2]) - 1
    let bytes = elements.bytes(data, in: prefix) ?? []
    if description[2] <= 8, bytes.count == count || bytes.count == count + count % 2 {
      entries = bytes.prefix(count).map { Int($0) }
    } else {
      entries = Array(elements.words(data, in: prefix).prefix(count))
    }
    guard entries.count == count else { return nil }
  }

  func value(_ stored: Int) -> Int {
    entries[stored < first ? 0 : min(stored, first + entries.count - 1) - first]
  }
}

/// A window (PS3.3 C.11.2.1).
struct VOIWindow {
  /// The function from values to brightness.
  enum Function { case linear, exact, sigmoid }

  let center: Double
  let width: Double
  let function: Function

  init(center: Double, width: Double, function: Function) {
    (self.center, self.width, self.function) = (center, width, function)
  }

  /// The first window of a frame; `nil` if there is none, or its width is not positive.
  /// - Throws: `badData` if its function is unknown.
  init?(_ elements: DICOMElements, frame: Int) throws(FedMedError) {
    let prefix = elements.prefix(of: .windowCenter, in: .window, frame: frame)
    guard let center = elements.decimals(.windowCenter, in: prefix).first,
      let width = elements.decimals(.windowWidth, in: prefix).first, width > 0
    else { return nil }
    switch elements.text(.windowFunction, in: prefix)?.uppercased() ?? "LINEAR" {
    // Widths below 1 are not defined for it, but occur with values that are fractions.
    case "LINEAR": function = width < 1 ? .exact : .linear
    case "LINEAR_EXACT": function = .exact
    case "SIGMOID": function = .sigmoid
    case let other: throw FedMedError(.badData, "unknown window function '\(printable(other))'")
    }
    (self.center, self.width) = (center, width)
  }

  func brightness(_ value: Double) -> Double {
    switch function {
    case .linear:
      // Width 1 divides at the center.
      guard width > 1 else { return value <= center - 0.5 ? 0 : 1 }
      return min(max((value - (center - 0.5)) / (width - 1) + 0.5, 0), 1)
    case .exact: return min(max((value - center) / width + 0.5, 0), 1)
    case .sigmoid: return 1 / (1 + exp(-4 * (value - center) / width))
    }
  }
}
