public import TandemBundles
public import TandemBytes
import TandemJSON

/// What verifying a bundle found.
public struct VerifyReport: Report, Sendable {
  private let path: String
  /// nil if the bundle could not be opened.
  private let bundle: TandemBundle?
  private let findings: FindingsReport

  /// - Parameter bundle: nil if a finding says why it cannot be opened.
  public init(path: String, bundle: TandemBundle?, findings: Findings) {
    self.path = path
    self.bundle = bundle
    self.findings = FindingsReport(path, findings)
  }

  /// Writes the findings, or one sentence if there is none, for a person.
  public func write(_ layout: TextLayout, to output: (String) -> Void) {
    guard findings.findings.all.isEmpty, let bundle else {
      return findings.write(layout, to: output)
    }
    let tensors = Numbers.counted(bundle.tensorCount, "tensor")
    output(
      layout.paint("\(path.printable): every digest is right", .good)
        + " (\(tensors), \(Numbers.bytes(bundle.byteCount)))\nbundle digest \(bundle.digest)\n")
  }

  /// Writes the report as JSON (`schemas/verify.schema.json`).
  public func writeJSON(to output: @escaping (String) -> Void) {
    var stream = JSONStream(pretty: true, to: output)
    stream.beginObject()
    stream.write(.string(path), key: "path")
    stream.write(.bool(!findings.findings.hasErrors), key: "verified")
    stream.write(bundle.map { .string($0.digest.description) } ?? .null, key: "digest")
    stream.write(bundle.map { .integer($0.byteCount) } ?? .null, key: "byte_count")
    stream.write(bundle.map { .integer($0.tensorCount) } ?? .null, key: "tensor_count")
    findings.writeMembers(to: &stream)
    stream.end()
    output("\n")
  }
}
