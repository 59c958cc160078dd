import ArgumentParser
import TandemBundles
import TandemBytes
import TandemConversion
import TandemReports
import TandemTensors

struct PackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack",
    abstract: "Validates a model or a pair, and packs it into one file.",
    discussion: """
      Packs nothing that has errors, and lists them all. Equal tensors, tokenizers and documents are stored once. The \
      same input gives the same bytes. Values are not judged: 'validate --values' finds NaN and what looks untrained.

      Of an independent pair --primary and --secondary are enough. A tandem, with projection and router, is described \
      by a PAIR.json: schemas/pair.md.

      --dtype, --quantize and --keep change types on the way, as convert does; they name the member that they are \
      for, or mean the primary. The bundle says what the member was made from, so that it stays known as the model \
      that others were made for. Unpacking gives it back as it was packed.

      Of a folder, these are not packed, and are listed: hidden files, folders in folders, weights beside those that \
      are read, and files over 256 MiB.

      Examples:
        tandem pack model.gguf -o model.tandem
        tandem pack PAIR.json -o pair.tandem
        tandem pack --primary large/ --secondary small/ -o pair.tandem
        tandem pack PAIR.json -o p.tandem --quantize q4_0 --dtype secondary=bf16
      """)

  @OptionGroup var source: SourceOptions

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp("The bundle to write.", valueName: "file"),
    completion: .file(extensions: ["tandem"]))
  var output: String

  @Option(
    help: ArgumentHelp(
      "The type that all floating-point tensors of a member become; may be repeated.",
      valueName: "[role=]type"),
    transform: allowing("[role=]type, with the types \(ElementType.allValueStrings.listed)"))
  var dtype: [OfMember<ElementType>] = []

  @Option(
    help: ArgumentHelp(
      "How a member's matrices are quantised; may be repeated.", valueName: "[role=]type"),
    transform: allowing("[role=]type, with the types \(Quantisation.allValueStrings.listed)"))
  var quantize: [OfMember<Quantisation>] = []

  @Flag(help: "Quantises every matrix alike, without llama.cpp's exceptions.")
  var pure = false

  @Option(
    help: ArgumentHelp(
      "A type for a member's tensors that match; may be repeated, the first counts.",
      valueName: "[role:]glob=type"),
    transform: allowing("[role:]glob=type, such as 'secondary:lm_head.weight=q8_0'"))
  var keep: [OfMember<ConversionOptions.TypeRule>] = []

  @Flag(help: "Replaces the file if it exists.")
  var force = false

  @Flag(help: "Validates and plans, and writes nothing.")
  var dryRun = false

  @Flag(help: "Prints JSON.")
  var json = false

  func validate() throws {
    if pure && quantize.isEmpty { throw ValidationError("--pure needs --quantize") }
    if dtype.contains(where: \.value.isQuantised) {
      throw ValidationError("--dtype is for plain types; --quantize is for those with blocks")
    }
    for roles in [dtype.map(\.role), quantize.map(\.role)]
    where Set(roles).count < roles.count {
      throw ValidationError("--dtype and --quantize are given once for each member")
    }
  }

  func run() throws {
    try OutputFile.check(output, replacing: force)
    let packer = try source.packer(transforms)
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
    remarkWarnings(FindingsReport(source.name, packer.inputFindings))
  }

  private var transforms: [MemberRole: MemberTransform] {
    var transforms: [MemberRole: MemberTransform] = [:]
    for option in dtype {
      transforms[option.role, default: MemberTransform()].elementType = option.value
    }
    for option in quantize {
      transforms[option.role, default: MemberTransform()].quantisation =
        pure ? option.value.pure : option.value
    }
    for option in keep {
      transforms[option.role, default: MemberTransform()].typeRules.append(option.value)
    }
    return transforms
  }

  /// Writes the bundle, and returns its size and digest.
  private func write(_ writer: BundleWriter) throws -> (Int, Digest) {
    let bar = ProgressBar("packing", totalByteCount: writer.payloadByteCount)
    defer { bar.finish() }
    let digest = try writer.write(to: output, replacing: force, progress: bar.advance)
    return (try FileStatus(path: output).byteCount, digest)
  }
}
