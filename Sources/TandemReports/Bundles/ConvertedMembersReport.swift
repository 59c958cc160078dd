import TandemBytes
import TandemJSON

/// What unpacking to another format wrote, would write, or what stands against it.
public struct ConvertedMembersReport: Report, Sendable {
  private let path: String
  private let folder: String
  private let members: [ConvertReport]
  private let isDryRun: Bool

  /// - Parameter members: In the order of the bundle.
  public init(path: String, folder: String, members: [ConvertReport], isDryRun: Bool) {
    self.path = path
    self.folder = folder
    self.members = members
    self.isDryRun = isDryRun
  }

  /// Whether an error stands against one of the members.
  public var hasErrors: Bool { members.contains { $0.findings.hasErrors } }

  /// Writes the report of each member, for a person; of those that nothing is written of, only what
  /// stands against them.
  public func write(_ layout: TextLayout, to output: (String) -> Void) {
    let shown = hasErrors ? members.filter(\.findings.hasErrors) : members
    for (number, member) in shown.enumerated() {
      if number > 0 { output("\n") }
      member.write(layout, to: output)
    }
  }

  /// Writes the report as JSON (`schemas/unpack.schema.json`).
  public func writeJSON(to output: @escaping (String) -> Void) {
    var stream = JSONStream(pretty: true, to: output)
    stream.beginObject()
    stream.write(.string(path), key: "path")
    stream.write(.string(folder), key: "output")
    stream.write(.bool(isDryRun), key: "dry_run")
    stream.beginArray(key: "members")
    for member in members { member.writeObject(to: &stream) }
    stream.end()
    stream.end()
    output("\n")
  }
}
