import Testing

@testable import TandemReports

@Suite struct ProgressLineTests {
  private let line = ProgressLine(
    title: "packing", doneByteCount: 250_000_000, totalByteCount: 1_000_000_000,
    elapsed: .milliseconds(500))

  @Test func `bar, share, bytes, rate and time left`() {
    #expect(
      line.text(width: 80)
        == "packing  ━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌  25 %  250 MB of 1.00 GB  500 MB/s  2 s left")
  }

  @Test func `a narrow terminal gets no bar`() {
    #expect(
      line.text(width: 60) == "packing  25 %  250 MB of 1.00 GB  500 MB/s  2 s left")
    #expect(line.text(width: 20).count == 19)
  }

  @Test func `nothing to do is done`() {
    let line = ProgressLine(title: "x", doneByteCount: 0, totalByteCount: 0, elapsed: .zero)
    #expect(line.text(width: 40) == "x  ━━━━━━━━━━  100 %  0 B of 0 B  0 B/s")
  }
}
