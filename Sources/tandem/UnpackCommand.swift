import ArgumentParser
import TandemBundles
import TandemBytes
import TandemConversion
import TandemReports

struct UnpackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unpack",
    abstract: "Writes the files that a bundle was packed from, bit for bit.",
    discussion: """
      Each member's files go to a folder of its name. Every digest is checked on the way.

      With --to, members become files or folders of another format instead, as 'convert' makes them.

      Examples:
        tandem unpack pair.tandem -o unpacked --member secondary
        tandem unpack model.tandem -o unpacked --to gguf
      """)

  @Argument(help: "The bundle.", completion: .file(extensions: ["tandem"]))
  var path: String

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp("The folder to write to; it is made if needed.", valueName: "folder"),
    completion: .directory)
  var output: String

  @Option(help: ArgumentHelp("Only this member, by its name; may be repeated.", valueName: "name"))
  var member: [String] = []

  @Option(
    name: .customLong("to"),
    help: ArgumentHelp("Converts each member to this format.", valueName: "format"),
    completion: .list(ConversionFormat.allCases.map(\.rawValue)))
  var format: ConversionFormat?

  @Flag(help: "Replaces files that exist.")
  var force = false

  @Flag(help: "Writes nothing, and lists what would be written.")
  var dryRun = false

  @Flag(help: "Prints JSON.")
  var json = false

  func validate() throws {
    if output.isEmpty { throw ValidationError("the folder to write to has no name") }
  }

  func run() throws {
    let bundle = try TandemBundle.open(path, to: "unpack")
    let members = try members(of: bundle)
    if let format { return try convert(members, of: bundle, to: format) }
    let unpacker = try Unpacker(bundle, members: members, to: output)
    if !dryRun {
      let bar = ProgressBar("unpacking", totalByteCount: unpacker.byteCount)
      defer { bar.finish() }
      try unpacker.write(replacing: force, progress: bar.advance)
    }
    let report = UnpackReport(
      path: path, folder: output, files: unpacker.files, isDryRun: dryRun)
    try printResult(report, asJSON: json)
  }

  private func convert(
    _ members: [BundleMember], of bundle: TandemBundle, to format: ConversionFormat
  ) throws {
    var options = ConversionOptions(format)
    options.isReplacing = force
    let conversions = try MemberConversions(
      bundle, members: members.filter { !$0.tensors.isEmpty }, to: output, options)
    let plans = conversions.plans
    var results: [Converter.Result] = []
    if dryRun || conversions.hasErrors {
      conversions.discard()
    } else {
      let bar = ProgressBar("converting", totalByteCount: conversions.tensorByteCount)
      defer { bar.finish() }
      results = try conversions.write(progress: bar.advance)
    }
    let reports = plans.enumerated().map { number, plan in
      ConvertReport(path, plan, results.isEmpty ? nil : results[number])
    }
    let report = ConvertedMembersReport(
      path: path, folder: output, members: reports, isDryRun: dryRun)
    try printResult(report, asJSON: json)
    if report.hasErrors { throw ExitCode.findings }
  }

  private func members(of bundle: TandemBundle) throws -> [BundleMember] {
    let all = bundle.members
    if member.isEmpty { return all }
    for name in member {
      guard all.contains(where: { $0.name == name }) else {
        let names = all.map { "'\($0.name)'" }.joined(separator: ", ")
        throw FileError(
          path, "unpack '\(name)'", reason: "the bundle has no such member, only \(names)")
      }
    }
    let chosen = all.filter { member.contains($0.name) }
    for member in chosen {
      if try !bundle.sourceFiles(of: member).isEmpty { continue }
      let users = all.filter { $0.tokenizer == member.index }.map { "'\($0.name)'" }
      let owners = users.isEmpty ? "" : "; the files with it belong to "
      throw FileError(
        path, "unpack '\(member.name)'",
        reason: "the member has no files of its own\(owners)\(users.joined(separator: ", "))")
    }
    return chosen
  }
}
