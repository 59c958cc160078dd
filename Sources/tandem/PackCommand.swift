import ArgumentParser
import TandemBundles
import TandemBytes
import TandemConversion
import TandemReports

struct PackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack",
    abstract: "Validates a model or a pair, and packs it into one file.",
    discussion: """
      Packs nothing that has errors, and lists them all. Equal tensors, tokenizers and documents are stored once. The \
      same input gives the same bytes.

      Of a folder, these are not packed, and are listed: hidden files, folders in folders, weights beside those that \
      are read, and files over 256 MiB.

      Examples:
        tandem pack model.gguf -o model.tandem
        tandem pack PAIR.json -o pair.tandem
        tandem pack --primary large/ --secondary small/ -o pair.tandem
      """)

  @OptionGroup var source: SourceOptions

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp("The bundle to write.", valueName: "file"),
    completion: .file(extensions: ["tandem"]))
  var output: String

  @Flag(help: "Replaces the file if it exists.")
  var force = false

  @Flag(help: "Validates and plans, and writes nothing.")
  var dryRun = false

  @Flag(help: "Prints JSON.")
  var json = false

  func run() throws {
    try OutputFile.check(output, replacing: force)
    let packer = try source.packer()
    var (byteCount, digest): (Int, Digest?) = (0, nil)
    if let plan = packer.plan {
      try plan.refuseAsOutput(output)
      let writer = BundleWriter(plan)
      byteCount = writer.byteCount
      if !dryRun { (byteCount, digest) = try write(writer) }
    }
    let report = PackReport(
      source.name, output: output, packer, byteCount: byteCount, digest: digest)
    try printResult(report, asJSON: json)
    if packer.plan == nil { throw ExitCode.findings }
    remarkWarnings(FindingsReport(source.name, packer.findings))
  }

  /// Writes the bundle, and returns its size and digest.
  private func write(_ writer: BundleWriter) throws -> (Int, Digest) {
    let bar = ProgressBar("packing", totalByteCount: writer.payloadByteCount)
    defer { bar.finish() }
    let digest = try writer.write(to: output, replacing: force, progress: bar.advance)
    return (try FileStatus(path: output).byteCount, digest)
  }
}
