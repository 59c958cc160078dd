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

  /// Opens the bundle.
  func open() throws -> TandemBundle { try TandemBundle.open(path, to: "run") }

  /// Says so if more positions are wanted than the member was trained for.
  func remarkOnContext(of member: BundleMember, _ bundle: TandemBundle) {
    guard let context,
      case .unsigned(let trained)? = bundle.fields(of: member)["config.context_length"],
      context > trained
    else { return }
    remark(
      "tandem: \(path): the model was trained for \(Numbers.grouped(Int(trained))) positions\n")
  }

  /// The threads of one run, which all its models share.
  var pool: ThreadPool { ThreadPool(threadCount: threads) }

  /// Makes a member ready to run alone.
  func decoder(
    _ bundle: TandemBundle, _ member: BundleMember, variant: ProductVariant = .best
  ) throws -> Decoder {
    var options = decoding
    options.variant = variant
    return try Decoder(bundle, member, pool: pool, options: options)
  }

  var decoding: DecoderOptions {
    var options = DecoderOptions()
    options.contextLength = context
    options.cachePrecision = cache
    return options
  }

  /// The member's tokenizer.
  func tokenizer(_ bundle: TandemBundle, _ member: BundleMember) throws -> Tokenizer {
    guard let vocabulary = try bundle.vocabulary(of: member, includingDigest: false) else {
      throw FileError(path, "run", reason: "the bundle has no tokenizer for '\(member.name)'")
    }
    return try Tokenizer(vocabulary, in: path)
  }
}

/// One of a bundle's models, which is run alone.
struct MemberArguments: ParsableArguments {
  @Option(help: ArgumentHelp("The bundle's member that is run, by its name.", valueName: "name"))
  var member = "primary"

  /// Finds the member.
  func find(in bundle: TandemBundle) throws -> BundleMember {
    try bundle.member(member, to: "run")
  }
}

extension KeyValueCache.Precision: ExpressibleByArgument {}
extension ProductVariant: ExpressibleByArgument {}
