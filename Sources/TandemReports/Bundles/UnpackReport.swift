import TandemBytes
public import TandemConversion
import TandemJSON

/// The files that unpacking wrote, or would write.
public struct UnpackReport: Report, Sendable {
  private let path: String
  private let folder: String
  private let files: [Unpacker.File]
  private let isDryRun: Bool

  public init(path: String, folder: String, files: [Unpacker.File], isDryRun: Bool) {
    self.path = path
    self.folder = folder
    self.files = files
    self.isDryRun = isDryRun
  }

  private var byteCount: Int { files.lazy.map(\.byteCount).total }

  /// Writes a line for each file, and their sum, for a person.
  public func write(_ layout: TextLayout, to output: (String) -> Void) {
    var table = TextTable([.name("file"), .number("bytes")])
    for file in files { table.add([file.path.printable, Numbers.bytes(file.byteCount)]) }
    table.write(layout, to: output)
    let done = isDryRun ? "would be written" : "written"
    output(
      "\(Numbers.counted(files.count, "file")), \(Numbers.bytes(byteCount)) \(done) to "
        + "\(folder.printable)\n")
  }

  /// Writes the report as JSON (`schemas/unpack.schema.json`).
  public func writeJSON(to output: @escaping (String) -> Void) {
    var stream = JSONStream(pretty: true, to: output)
    stream.beginObject()
    stream.write(.string(path), key: "path")
    stream.write(.string(folder), key: "output")
    stream.write(.bool(isDryRun), key: "dry_run")
    stream.write(.integer(byteCount), key: "byte_count")
    stream.beginArray(key: "files")
    for file in files {
      stream.write(
        .object([
          ("path", .string(file.path)), ("member", .string(file.member)),
          ("byte_count", .integer(file.byteCount)),
        ]), onOneLine: true)
    }
    stream.end()
    stream.end()
    output("\n")
  }
}
