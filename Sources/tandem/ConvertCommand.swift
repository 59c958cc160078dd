import ArgumentParser
import TandemBundles
import TandemBytes
import TandemCheckpoints
import TandemConversion
import TandemReports
import TandemTensors

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Converts a checkpoint to another format, type or set of files.",
    discussion: """
      Reads what inspect reads, of a bundle one member. Plans first, and lists everything that stands against the \
      conversion at once. Memory does not grow with the model. What keeps its type is written bit for bit; what \
      changes it, with what was lost.

      Between a model folder and GGUF a model is translated: tensors get the names and data that the other side has \
      for them, configuration and tokenizer are written anew, and what cannot be said is listed; --as-is does none of it.

      Killed while it writes shards, the same command goes on where it was. --part writes some of the shards, on one \
      of several machines that share a folder; --join, when all are there, completes them.

      --quantize gives each tensor the type that llama.cpp gives it under the same name. Quantising rounds: the report \
      lists the tensors with the largest errors, and how many values became 0, as small ones do.

      Examples:
        tandem convert model.gguf model.safetensors --dtype f16
        tandem convert llama/ llama.gguf --quantize q4_k_m
        tandem convert model.gguf model/ --dtype bf16
        tandem convert llama/ shards/ --shard-size 5GB --verify
        tandem convert f16.gguf q4.gguf --quantize q4_k_m --keep 'output.weight=q8_0'
        tandem convert llama/ a.npz --filter 'model.layers.*' --rename 'model.*=*'
      """)

  @Argument(help: "A checkpoint (file or folder) or a bundle.", completion: .file())
  var path: String

  @Argument(help: "The file or folder to write.", completion: .file())
  var output: String

  @Option(
    name: .customLong("to"),
    help: ArgumentHelp("The format, where the output's name does not say it.", valueName: "format"),
    completion: .list(ConversionFormat.allCases.map(\.rawValue)))
  var format: ConversionFormat?

  @Option(
    help: ArgumentHelp(
      "The type that all floating-point tensors become; in GGUF, vectors become F32.",
      valueName: "type"))
  var dtype: ElementType?

  @Option(help: ArgumentHelp("How matrices are quantised.", valueName: "type"))
  var quantize: Quantisation?

  @Flag(help: "Quantises every matrix alike, without llama.cpp's exceptions.")
  var pure = false

  @Option(
    help: ArgumentHelp(
      "A type for the tensors that match; may be repeated, the first counts.",
      valueName: "glob=type"), transform: allowing("GLOB=TYPE with types such as f16 or q8_0"))
  var keep: [ConversionOptions.TypeRule] = []

  @Option(
    help: ArgumentHelp(
      "Only tensors that match: * ? [a-z] [!a-z]; may be repeated.", valueName: "glob"))
  var filter: [Glob] = []

  @Option(help: ArgumentHelp("No tensors that match; may be repeated.", valueName: "glob"))
  var exclude: [Glob] = []

  @Option(
    help: ArgumentHelp(
      "New names; each * stands for any text on both sides; may be repeated, the first that matches counts.",
      valueName: "from=to"))
  var rename: [NamePattern] = []

  @Flag(
    help:
      "Keeps names and data as they are between a model folder and GGUF, instead of translating.")
  var asIs = false

  @Option(help: ArgumentHelp("What the model is called in GGUF.", valueName: "name"))
  var name: String?

  @Option(
    help: ArgumentHelp(
      "The name that llama.cpp has for how the tokenizer cuts texts, such as qwen2.",
      valueName: "name"))
  var pre: String?

  @Option(help: ArgumentHelp("The member of a bundle, by its name.", valueName: "name"))
  var member: String?

  @Option(
    help: ArgumentHelp(
      "Writes several files of at most this size, such as 5GB or 512MiB.", valueName: "size"),
    transform: allowing("sizes such as 5GB or 512MiB"))
  var shardSize: ByteSize?

  @Option(
    help: ArgumentHelp("Writes only this share of the shards, such as 2/4.", valueName: "i/n"),
    transform: allowing("1/N to N/N"))
  var part: ConversionOptions.Part?

  @Flag(help: "Completes what parts have written.")
  var join = false

  @Option(
    help: ArgumentHelp("The most memory for tensors on their way.", valueName: "size"))
  var memory = ByteSize(256_000_000)

  @Flag(help: "Reads again what was written, and compares it with what was meant.")
  var verify = false

  @Flag(help: .lenient)
  var lenient = false

  @Flag(help: "Replaces files that exist.")
  var force = false

  @Flag(help: "Plans, shows the plan, and writes nothing.")
  var dryRun = false

  @Flag(help: "Prints JSON.")
  var json = false

  func validate() throws {
    let format = format ?? ConversionFormat(output: output)
    guard let format else {
      let formats = ConversionFormat.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError(
        output.hasSuffix(".tandem")
          ? "bundles are written by: tandem pack \(path) -o \(output)"
          : "'\(output)' does not name a format that is written; --to chooses one: \(formats)")
    }
    if shardSize != nil && !format.hasShards {
      throw ValidationError("--shard-size: \(format.rawValue) has no shards")
    }
    if let shardSize, shardSize.byteCount < 1_000 {
      throw ValidationError(
        "--shard-size is \(shardSize.byteCount) bytes; allowed are 1kB and more")
    }
    if shardSize == nil && (part != nil || join) {
      throw ValidationError("--part and --join need --shard-size")
    }
    if part != nil && join { throw ValidationError("--part and --join exclude each other") }
    if pure && quantize == nil { throw ValidationError("--pure needs --quantize") }
    if dtype?.isQuantised ?? false {
      throw ValidationError("--dtype is for plain types; --quantize is for those with blocks")
    }
  }

  func run() throws {
    let plan = try ConversionPlan(source(), to: output, options)
    var result: Converter.Result?
    if !plan.findings.hasErrors && !dryRun { result = try write(plan) }
    let report = ConvertReport(path, plan, result)
    try printResult(report, asJSON: json)
    if report.findings.hasErrors { throw ExitCode.findings }
  }

  private func write(_ plan: ConversionPlan) throws -> Converter.Result {
    let converter = Converter(plan)
    let bar = ProgressBar(join ? "checking" : "converting", totalByteCount: plan.tensorByteCount)
    defer { bar.finish() }
    return join
      ? try converter.join(progress: bar.advance) : try converter.write(progress: bar.advance)
  }

  private var options: ConversionOptions {
    var options = ConversionOptions(
      format ?? ConversionFormat(output: output) ?? .safetensors)
    options.elementType = dtype
    options.quantisation = pure ? quantize?.pure : quantize
    options.typeRules = keep
    options.isTranslating = !asIs
    options.modelName = name
    options.preTokenizer = pre
    options.filters = filter
    options.exclusions = exclude
    options.renames = rename
    options.shardByteCount = shardSize?.byteCount
    options.part = part ?? .whole
    options.memoryByteCount = memory.byteCount
    options.isReplacing = force
    options.isVerifying = verify
    return options
  }

  private func source() throws -> ConversionSource {
    let input = try Input(path, isLenient: lenient)
    if case .bundle = input {
    } else if let member {
      throw FileError(path, "convert its member '\(member)'", reason: "it is no bundle")
    }
    switch input {
    case .bundle(let bundle):
      return try ConversionSource(bundle, bundle.member(member, to: "convert"))
    case .damagedBundle(let finding): throw finding
    case .pair:
      throw FileError(
        path, "convert", reason: "it describes a pair; convert its members, or pack it")
    case .checkpoint(let reading):
      let reading = reading.withChecksums()
      guard let checkpoint = reading.checkpoint else {
        throw UnreadableInput(report: FindingsReport(path, reading.findings))
      }
      remarkWarnings(FindingsReport(path, reading.findings))
      return ConversionSource(checkpoint)
    }
  }
}
