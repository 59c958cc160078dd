import ArgumentParser
import TandemBundles
import TandemBytes
import TandemReports
import TandemTokenizers

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Checks every digest and every padding byte of a bundle.",
    discussion: """
      Reads the whole file on all cores. No changed bit escapes.

      Example: tandem verify pair.tandem
      """)

  @Argument(help: "The bundle.", completion: .file(extensions: ["tandem"]))
  var path: String

  @Flag(help: "Prints JSON.")
  var json = false

  func run() throws {
    let (bundle, findings) = try verified()
    let report = VerifyReport(path: path, bundle: bundle, findings: findings)
    try printResult(report, asJSON: json)
    if findings.hasErrors { throw ExitCode.findings }
  }

  private func verified() throws -> (TandemBundle?, Findings) {
    do {
      let bundle = try TandemBundle.open(path, to: "verify")
      let bar = ProgressBar("verifying", totalByteCount: bundle.byteCount)
      defer { bar.finish() }
      var findings = bundle.verify(progress: bar.advance)
      if !findings.hasErrors { findings.add(contentsOf: bundle.verifyTokenizers()) }
      return (bundle, findings)
    } catch let finding as Finding {
      var findings = Findings()
      findings.add(finding)
      return (nil, findings)
    }
  }
}
