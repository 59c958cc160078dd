import TandemBytes
import Testing

@testable import TandemReports

@Suite struct FindingsReportTests {
  enum Example: String, Rule {
    case broken = "XX001"
    case odd = "XX002"
    case worth = "XX003"

    var severity: Severity {
      switch self {
      case .broken: .error
      case .odd: .warning
      case .worth: .note
      }
    }

    var summary: String { "" }
  }

  private var report: FindingsReport {
    var findings = Findings()
    findings.add(Finding(Example.worth, in: "m.gguf", "the tensor is empty"))
    findings.add(
      Finding(
        Example.broken, in: "m.gguf", item: "blk.0.w", at: 4096,
        "needs 64 bytes at 4096, 32 remain", remedy: "download the file again"))
    findings.add(Finding(Example.odd, in: "m.gguf", "has 3 bytes after the last tensor"))
    findings.add(Finding(Example.worth, in: "m.gguf", item: "b", "the tensor is empty"))
    return FindingsReport("m.gguf", findings)
  }

  @Test func `most severe first, each with place, sentence, remedy and code`() {
    var text = ""
    report.write(TextLayout()) { text += $0 }
    #expect(
      text == """
        error XX001  m.gguf: 'blk.0.w' at byte 4,096
          needs 64 bytes at 4096, 32 remain
          → download the file again

        warning XX002  m.gguf
          has 3 bytes after the last tensor

        note XX003  m.gguf
          the tensor is empty

        note XX003  m.gguf: 'b'
          the tensor is empty

        m.gguf: 1 error, 1 warning, 2 notes

        """)
  }

  @Test func `lines are broken to the terminal's width`() {
    var text = ""
    var findings = Findings()
    findings.add(
      Finding(Example.odd, in: "m", "one two three four five", remedy: "six seven eight nine ten"))
    FindingsReport("m", findings).write(TextLayout(width: 22)) { text += $0 }
    #expect(
      text == """
        warning XX002  m
          one two three four
          five
          → six seven eight nine
            ten

        m: 1 warning

        """)
  }

  @Test func `what was not kept is counted`() {
    var findings = Findings()
    for index in 0..<Findings.limitPerCode + 5 {
      findings.add(Finding(Example.broken, in: "m", at: index, "is broken"))
    }
    var text = ""
    FindingsReport("m", findings).write(TextLayout()) { text += $0 }
    #expect(text.hasSuffix("\n… and 5 more of XX001\n\nm: 205 errors\n"))
  }

  @Test func `nothing found is said`() {
    var text = ""
    FindingsReport("m", Findings()).write(TextLayout()) { text += $0 }
    #expect(text == "m: no findings\n")
  }

  @Test func `JSON has a line for each finding`() {
    final class Sink { var text = "" }
    let sink = Sink()
    report.writeJSON { sink.text += $0 }
    #expect(
      sink.text == """
        {
          "path": "m.gguf",
          "counts": {"error":1,"warning":1,"note":2},
          "findings": [
            {"severity":"error","code":"XX001","file":"m.gguf","item":"blk.0.w","offset":4096,\
        "message":"needs 64 bytes at 4096, 32 remain","remedy":"download the file again"},
            {"severity":"warning","code":"XX002","file":"m.gguf","item":null,"offset":null,\
        "message":"has 3 bytes after the last tensor","remedy":null},
            {"severity":"note","code":"XX003","file":"m.gguf","item":null,"offset":null,\
        "message":"the tensor is empty","remedy":null},
            {"severity":"note","code":"XX003","file":"m.gguf","item":"b","offset":null,\
        "message":"the tensor is empty","remedy":null}
          ],
          "omitted": [],
          "accepted": []
        }

        """)
  }
}
