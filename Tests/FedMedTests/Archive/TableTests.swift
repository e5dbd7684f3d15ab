import Testing

@testable import FMArchive

struct TableTests {
  func outcome(_ text: String) -> String {
    failure { _ = try Table(text: text, file: "t.tsv") }?.description ?? "accepted"
  }

  @Test func refusesMalformedLines() {
    #expect(outcome("") == "t.tsv: line 1: no header")
    #expect(outcome("a\tb\n1\t2\n1\n") == "t.tsv: line 3: 1 cells, expected 2")
    #expect(outcome("a\ta\n") == "t.tsv: line 1: duplicate column 'a'")
    #expect(outcome("a\t\n") == "t.tsv: line 1: missing or invalid column name")
    #expect(outcome("a\n1\n") == "accepted")
    #expect(outcome("a\n1") == "accepted")
  }

  @Test func readsWindowsLineEnds() throws {
    let table = try Table(text: "a\tb\r\n1\t2\r\n", file: "t")
    #expect(table == Table(header: ["a", "b"], rows: [["1", "2"]]))
  }

  @Test func replacesOrAppendsColumns() throws {
    var table = Table(header: ["a", "b"], rows: [["1", "2"], ["3", "4"]])
    table.set("a", ["x", "y"])
    table.set("c", ["5", "6"])
    #expect(table.lines == ["a\tb\tc", "x\t2\t5", "y\t4\t6"])
    #expect(failure { _ = try table.column("d") }?.hint == "the columns are a, b, c")
  }
}
