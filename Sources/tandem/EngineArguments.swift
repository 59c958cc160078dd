public import ArgumentParser
import TandemBundles
import TandemBytes
import TandemEngine
public import TandemKernels
import TandemReports
import TandemTensors
import TandemTokenizers

/// What is run, and with what.
struct EngineArguments: ParsableArguments {
  @Argument(help: "The bundle.", completion: .file(extensions: ["tandem"]))
  var path: String

  @Option(help: ArgumentHelp("The bundle's member that is run, by its name.", valueName: "name"))
  var member = "primary"

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Threads; one for each processor if not given.", valueName: "n"),
    transform: allowing("whole numbers"))
  var threads: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Positions to have room for; the model's if not given.", valueName: "n"),
    transform: allowing("whole numbers"))
  var context: Int?

  @Option(help: ArgumentHelp("The type of keys and values.", valueName: "type"))
  var cache = KeyValueCache.Precision.f16

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads is \(threads); allowed are 1 to 1024")
    }
    if let context, !(1...10_000_000).contains(context) {
      throw ValidationError("--context is \(context); allowed are 1 to 10000000")
    }
  }

  /// Opens the bundle, and finds the member.
  func open() throws -> (TandemBundle, BundleMember) {
    let bundle = try TandemBundle.open(path, to: "run")
    let found = try bundle.member(member, to: "run")
    if let context,
      case .unsigned(let trained)? = bundle.fields(of: found)["config.context_length"],
      context > trained
    {
      remark(
        "tandem: \(path): the model was trained for \(Numbers.grouped(Int(trained))) positions\n")
    }
    return (bundle, found)
  }

  /// Makes the member ready to run.
  func decoder(
    _ bundle: TandemBundle, _ member: BundleMember, variant: ProductVariant = .best
  ) throws -> Decoder {
    var options = DecoderOptions()
    options.variant = variant
    options.contextLength = context
    options.cachePrecision = cache
    return try Decoder(bundle, member, pool: ThreadPool(threadCount: threads), options: options)
  }

  /// The member's tokenizer.
  func tokenizer(_ bundle: TandemBundle, _ member: BundleMember) throws -> Tokenizer {
    guard let vocabulary = try bundle.vocabulary(of: member, includingDigest: false) else {
      throw FileError(path, "run", reason: "the bundle has no tokenizer for '\(member.name)'")
    }
    return try Tokenizer(vocabulary, in: path)
  }
}

extension KeyValueCache.Precision: ExpressibleByArgument {}
extension ProductVariant: ExpressibleByArgument {}
