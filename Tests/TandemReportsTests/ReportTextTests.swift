import Testing

@testable import TandemReports

@Suite struct ReportTextTests {
  private var report: ReportText {
    var report = ReportText()
    report.heading("a_model.gguf", level: 1)
    report.facts([("parameters", "135"), ("heads", nil), ("layers", "30")])
    report.heading("Tensors")
    var table = TextTable([.name("name"), .number("bytes")])
    table.add(["a|b`c", "7"])
    report.table(table)
    report.table(TextTable([.name("nothing")]))
    report.paragraph("done [1]", .good)
    return report
  }

  @Test func `text for a person`() {
    #expect(
      report.text() == """
        a_model.gguf
          parameters  135
          layers      30

        Tensors
          name   bytes
          a|b`c      7

        done [1]

        """)
  }

  @Test func `Markdown escapes what it would interpret`() {
    #expect(
      report.markdown == """
        # a\\_model.gguf

        - parameters: 135
        - layers: 30

        ## Tensors

        | name | bytes |
        | --- | ---: |
        | ``a\\|b`c`` | 7 |

        done \\[1\\]

        """)
  }

  @Test func `colours are switched off behind each text`() {
    let layout = TextLayout(isColoured: true)
    #expect(layout.paint("x", .error) == "\u{1B}[1;31mx\u{1B}[0m")
    #expect(layout.paint("x", .plain) == "x")
    #expect(TextLayout().paint("x", .error) == "x")
  }

  @Test func `control characters of a file reach no terminal`() {
    var report = ReportText()
    report.heading("a\u{1B}[2Jb")
    #expect(report.text() == "a\\u{1b}[2Jb\n")
  }

  @Test func `long text is broken between words`() {
    let layout = TextLayout(width: 24)
    #expect(
      layout.wrap("one two three four five six-hundred-and-sixty-six seven", indent: 4) == [
        "one two three four", "five", "six-hundred-and-sixty-six", "seven",
      ])
    #expect(layout.wrap("", indent: 4) == [""])
  }
}
