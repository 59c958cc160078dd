import TandemBytes
import TandemTestSupport
import Testing

@testable import TandemCheckpoints

@Suite struct GGUFFindingTests {
  @Test(arguments: GGUFFlaw.all)
  func `one flaw makes one finding`(flaw: GGUFFlaw) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(flaw.file.bytes, to: "m.gguf")
    let reading = try GGUFReader.read(path: path, isLenient: flaw.isLenient)
    let findings = reading.findings.all.map { finding in
      var finding = finding
      finding.file = "m.gguf"
      return finding.description
    }
    #expect(findings == [flaw.finding])
  }
}
