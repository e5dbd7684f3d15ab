import Foundation
import Testing

@testable import FMArchive
@testable import FMEncoder

/// Imports of the same features in the formats of several programs.
struct FeatureImportTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write("classes.txt", Array("a\nb\nc\n".utf8))
  }

  private func golden(_ name: String) throws -> String {
    // A colon and the name of an array may follow the path.
    let parts = name.split(separator: ":", maxSplits: 1)
    return try Golden.url("numpy/\(parts[0])").path + (parts.count > 1 ? ":\(parts[1])" : "")
  }

  private func read(
    _ features: String, labels: String? = nil, text: String? = nil, classes: Bool = true
  ) throws -> FeatureSet {
    try FeatureImport(
      features: features, labels: labels, text: text,
      classes: classes ? folder.path("classes.txt") : nil, table: nil, encoder: "e",
      logitScale: 100
    ).read()
  }

  private func reason(_ text: String, classes: Bool = false) throws -> String? {
    let path = try folder.write("f.csv", Array(text.utf8))
    return failure { _ = try read(path, classes: classes) }?.description
      .replacing("\(path): ", with: "")
  }

  private var expected: [Float] { (0..<24).map { Float(Double($0) / 7 - 1.3) } }

  @Test(arguments: [
    ("single.npy", "labels.npy", "text.npy"), ("double.npy", "labels.npy", "text.npy"),
    ("stored.npz", "stored.npz", "stored.npz"), ("deflated.npz", "deflated.npz", "deflated.npz"),
    ("stored.npz:features", "deflated.npz:labels", "stored.npz:text"),
    ("alone.npz", "labels.npy", "text.npy"),
  ])
  func readsNumPyFiles(features: String, labels: String, text: String) throws {
    let set = try read(golden(features), labels: try golden(labels), text: try golden(text))
    #expect(try set.rows.matrix(Array(0..<6)).elements == expected)
    #expect(set.labels == [0, 1, 2, 0, 1, 2])
    #expect(set.text[0, 0] == 1 && set.text[2, 2] == 1 && set.text[2, 3] == 0)
    #expect(set.names == ["1", "2", "3", "4", "5", "6"])
  }

  @Test func readsNamedArraysOfArchives() throws {
    let error = failure { _ = try read(golden("stored.npz:none"), text: try golden("text.npy")) }
    #expect(error?.reason == "no array 'none'")
    #expect(error?.hint?.contains("labels, features, text") == true)
    let wrong = failure { _ = try read(golden("stored.npz:labels"), text: try golden("text.npy")) }
    #expect(wrong?.reason.contains("expected a two-dimensional array of floats") == true)
    for cut in [10, 100, 300, 500] {
      let bytes = try Golden.bytes("numpy/deflated.npz")
      let path = try folder.write("cut.npz", Array(bytes[..<min(cut, bytes.count - 1)]))
      #expect(failure { _ = try read(path) }?.code == .badData)
    }
  }

  /// Tables may have a header, commas or tabs, and an index written by pandas.
  @Test(arguments: [",", "\t"]) func readsTables(separator: String) throws {
    let numbers = (0..<6).map { row in
      (0..<4).map { "\(Double(4 * row + $0) / 7 - 1.3)" }.joined(separator: separator)
    }
    func check(_ lines: [String], names: [String]? = nil, end: String = "\n") throws {
      let text = lines.map { $0.replacing(",", with: separator) + end }.joined()
      let set = try read(folder.write("f.csv", Array(text.utf8)), labels: try golden("labels.npy"))
      #expect(try set.rows.matrix(Array(0..<6)).elements == expected, "\(lines[0])")
      #expect(set.names == names ?? ["1", "2", "3", "4", "5", "6"])
    }
    try check(numbers)
    try check(["0,1,2,3"] + numbers)
    try check(["w,x,y,z"] + numbers, end: "\r\n")
    try check(["\u{FEFF}\"w\",\"x\",\"y\",\"z\""] + numbers)
    let indexed = numbers.enumerated().map { "\($0)\(separator)\($1)" }
    try check([",0,1,2,3"] + indexed, names: ["0", "1", "2", "3", "4", "5"])
    try check(["sample,0,1,2,3"] + indexed, names: ["0", "1", "2", "3", "4", "5"])
    // An index next to names is not a feature.
    let both = indexed.enumerated().map { "\($0 + 70)\(separator)\($1)" }
    try check([",sample,0,1,2,3"] + both, names: ["0", "1", "2", "3", "4", "5"])
    try check(numbers + ["", " "])
  }

  /// A table with labels requires only anchors.
  @Test func usesAnchorsInPlaceOfTexts() throws {
    let rows = (0..<9).map { "s\($0),\"class, \($0 % 3)\",\($0),\(-$0)" }
    let text = (["sample,label,x,y"] + rows).joined(separator: "\n")
    var set = try read(folder.write("f.csv", Array(text.utf8)), classes: false)
    #expect(set.classes == ["class, 0", "class, 1", "class, 2"])
    #expect(set.labels == (0..<9).map { $0 % 3 } && set.names[4] == "s4")
    let labels = try #require(set.labels)
    let drawn = try ClassAnchors.draw(
      2, labels: labels, classes: set.classes, seed: 0, file: "f")
    try set.takeAnchors(drawn, count: 2)
    #expect(set.count == 3 && set.anchors == 2)
    #expect(set.text[0, 0] == Float(drawn[0].reduce(0, +)) / 2)
    #expect(Set(set.names).isDisjoint(with: drawn.flatMap { $0 }.map { "s\($0)" }))
  }

  /// Numeric labels are classes in the order of their values. Arrays may be stored by columns, as
  /// pandas does.
  @Test func sortsNumericClassesByValue() throws {
    let rows = (0..<24).map { "\($0 % 12),\($0)" }
    let text = (["Label,x"] + rows).joined(separator: "\n")
    let set = try read(folder.write("f.csv", Array(text.utf8)), classes: false)
    #expect(set.classes == (0..<12).map { "\($0)" })
    #expect(set.labels == (0..<24).map { $0 % 12 })
    let columns = try read(golden("columns.npy"), labels: golden("labels.npy"))
    #expect(try columns.rows.matrix(Array(0..<6)).elements == expected)
    // A single file may contain everything.
    let whole = try read(golden("stored.npz"))
    #expect(whole.labels == [0, 1, 2, 0, 1, 2])
  }

  /// Small files that declare gigabytes are refused before memory is allocated.
  @Test(.timeLimit(.minutes(1))) func refusesDecompressionBombs() throws {
    func refusal(_ name: String, _ bytes: [UInt8], size: UInt64? = nil) throws -> String? {
      let path = try folder.write(name, bytes)
      if let size {
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.truncate(atOffset: size)
      }
      return failure { _ = try read(path, text: golden("text.npy")) }?.reason
    }
    let huge = ArrayHeader(descriptor: "<f8", shape: [1 << 27, 64]).bytes
    #expect(try refusal("huge.npy", huge, size: 64 << 30)?.contains("cannot be read") == true)
    let commas = [UInt8](repeating: UInt8(ascii: ","), count: 1 << 24)
    #expect(try refusal("commas.csv", commas)?.contains("columns") == true)
    let lines = [UInt8](repeating: UInt8(ascii: "\n"), count: 1 << 24)
    #expect(try refusal("lines.csv", lines)?.contains("lines") == true)
    let wide = Array(Array(repeating: "1", count: 5000).joined(separator: ",").utf8)
    #expect(try refusal("wide.csv", wide)?.contains("5000 columns") == true)
  }

  @Test func refusesMalformedTables() throws {
    #expect(
      try reason("sample,label,x\na,b,1\nc,d,x\n") == "line 3: column 'x': 'x' is not a number")
    #expect(try reason("label,x\na,\n") == "line 2: column 'x' is empty")
    #expect(try reason("1,2\n3,y\n") == "line 2: column 2: 'y' is not a number")
    #expect(try reason("label;x\na;1\n")?.contains("semicolons between columns") == true)
    #expect(try reason("label,x\n") == "line 1: a header, but no samples")
    #expect(
      try reason("label,x\na,1\n,2\n") == "the label of sample 2 is not a valid class name")
    #expect(try reason("sample,label,x\na,b,1\nc,d\n") == "line 3: 2 cells, expected 3")
    #expect(try reason("label,label,x\na,b,1\n") == "line 1: duplicate column sample or label")
    #expect(try reason("label,x\na,nan\n")?.contains("not finite") == true)
    #expect(try reason("label,x\na,1e300\n")?.contains("not finite") == true)
    #expect(
      try reason("sample,label,x\na,b,1\na,b,2\n")?.contains("sample names must be unique") == true)
    #expect(try reason("sample,label\na,b\n")?.contains("shape [1, 0]") == true)
    #expect(try reason("x,y\n1,2\n")?.contains("requires the class names") == true)
    #expect(
      try reason("label,x\nd,1\n", classes: true)?.contains("not among the class names") == true)
  }
}
