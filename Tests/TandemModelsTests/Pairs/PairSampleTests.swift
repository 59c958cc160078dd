import TandemBytes
@testable import TandemModels
import Testing

struct PairSampleTests {
  @Test(arguments: Samples.names(in: "good/pairs"))
  func `a good pair has nothing above a note`(_ name: String) throws {
    let validation = try validation("good/pairs/\(name)")
    let flaws = validation.findings.all.filter { $0.severity > .note }
    #expect(flaws.map(\.description) == [])
  }

  @Test(arguments: Samples.names(in: "hostile/pairs").filter { $0 != "README.md" })
  func `a hostile pair's worst finding is the one that it is named for`(_ name: String) throws {
    let findings = try validation("hostile/pairs/\(name)").findings
    let code = String(name.prefix { $0 != "-" })
    let worst = findings.all.filter { $0.severity == findings.worstSeverity }
    if findings.worstSeverity == .note {
      #expect(worst.contains { $0.code == code }, "\(worst.map(\.description))")
    } else {
      #expect(Set(worst.map(\.code)) == [code], "\(worst.map(\.description))")
    }
  }

  @Test func `each rule has a hostile pair, or is tested on what cannot lie in a folder`() {
    let shown = Set(Samples.names(in: "hostile/pairs").map { String($0.prefix { $0 != "-" }) })
    let missing = PairRule.allCases.filter { !shown.contains($0.rawValue) }
    #expect(missing == [.absolutePath, .undescribedReading])
  }

  @Test func `the page of caught mistakes names rules that there are`() throws {
    let page = try MappedFile(path: Paths.join(Samples.root, "../schemas/pairs-caught.md"))
    let text = page.bytes.utf8Text ?? ""
    let codes = text.matches(of: /\b[A-Z]{2,4}[0-9]{3}\b/).map { String($0.output) }
    #expect(codes.count > 40)
    #expect(codes.filter { RuleTable.severities[$0] == nil } == [])
  }

  private func validation(_ folder: String) throws -> PairValidation {
    try PairValidation(
      path: Samples.path("\(folder)/PAIR.json"), PairValidation.Options(includesValues: true))
  }
}
