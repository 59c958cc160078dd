import ArgumentParser
import TandemBytes
import TandemCheckpoints
import TandemConversion
import TandemKernels
import TandemModels
import TandemReports
import TandemTensors

struct BenchProductsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "products",
    abstract: "Measures the matrix products of a model.",
    discussion: """
      Multiplies blocks of 1 to 512 tokens with the weights of all layers and of the head, and reads the same weights \
      in turn.

      Example: tandem bench products model.gguf --encoding Q8_0 --threads 2
      """)

  @Argument(help: "A checkpoint (file or folder) or a bundle.", completion: .file())
  var path: String

  @Option(help: ArgumentHelp("The member of a bundle that has several.", valueName: "name"))
  var member: String?

  @Option(help: ArgumentHelp("Converts the weights in memory, such as to Q8_0.", valueName: "type"))
  var encoding: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Threads; as many as processors otherwise.", valueName: "n"),
    transform: allowing("whole numbers"))
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "portable, avx2, avx512 or neon; the fastest otherwise.", valueName: "instructions"))
  var variant: String?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("How often each is measured.", valueName: "n"))
  var repetitions = 9

  @Flag(help: "Prints JSON.")
  var json = false

  func validate() throws {
    guard 1...1000 ~= repetitions else {
      throw ValidationError("--repetitions is \(repetitions); allowed are 1 to 1000")
    }
    if let threads, !(1...1024 ~= threads) {
      throw ValidationError("--threads is \(threads); allowed are 1 to 1024")
    }
    if let encoding, ElementType(name: encoding) == nil {
      throw ValidationError("--encoding is '\(encoding)'; allowed are names such as BF16 or Q8_0")
    }
    if let variant, ProductVariant(rawValue: variant)?.isAvailable != true {
      let names = ProductVariant.allCases.filter(\.isAvailable).map(\.rawValue)
      throw ValidationError(
        "--variant is '\(variant)'; this processor has \(names.joined(separator: ", "))")
    }
  }

  func run() throws {
    let model = try model()
    let benchmark = ProductBenchmark(
      model, as: encoding.flatMap { ElementType(name: $0) }, repetitions: repetitions,
      pool: ThreadPool(threadCount: threads),
      variant: variant.flatMap { ProductVariant(rawValue: $0) } ?? .best)
    guard let benchmark else {
      throw ValidationError(
        "'\(path)' is no model whose products are known, or has no weights of such a type")
    }
    try printResult(
      ProductBenchmarkReport(path: path, encoding: encoding, benchmark), asJSON: json)
  }

  private func model() throws -> Model {
    switch try Input(path, isLenient: false) {
    case .bundle(let bundle): return bundle.model(of: try bundle.member(member, to: "measure"))
    case .damagedBundle(let finding): throw finding
    case .pair: throw FileError(path, "measure", reason: "it describes a pair; name a member of it")
    case .checkpoint(let reading):
      return Model.load(try reading.get(), includingVocabulary: false).model
    }
  }
}
