import TandemBundles
import TandemBytes
import TandemConversion
import TandemEngine
import TandemKernels
import TandemTestSupport
import Testing

/// A sample checkpoint, packed into a bundle that exists as long as this object.
final class SampleModel {
  let bundle: TandemBundle
  private let folder: TemporaryFolder

  private static let root = Paths.join(
    Paths.folder(Paths.folder(Paths.folder(#filePath))), "samples/good")

  /// - Parameter name: The path below `samples/good`.
  init(_ name: String) throws {
    folder = try TemporaryFolder()
    let packer = try Packer(path: Paths.join(Self.root, name), Packer.Options())
    guard let plan = packer.plan else {
      throw FileError(name, "pack", reason: "\(packer.findings.all)")
    }
    let path = "\(folder.path)/model.tandem"
    _ = try BundleWriter(plan).write(to: path, replacing: false, progress: { _ in })
    bundle = try TandemBundle(path: path)
  }

  /// The only member, ready to run.
  func decoder(
    threadCount: Int = 1, contextLength: Int? = nil,
    precision: KeyValueCache.Precision = .f16
  ) throws -> Decoder {
    var options = DecoderOptions()
    options.contextLength = contextLength
    options.cachePrecision = precision
    return try Decoder(
      bundle, bundle.members[0], pool: ThreadPool(threadCount: threadCount), options: options)
  }
}

/// A checkpoint under `samples/good` that can be run.
struct Sample: CustomTestStringConvertible, Sendable {
  let path: String
  var testDescription: String { path }

  static let all = [
    "huggingface/tiny-llama", "huggingface/tiny-mistral", "huggingface/tiny-qwen2",
    "huggingface/tiny-qwen3", "huggingface/tiny-gemma2", "huggingface/tiny-gemma3",
    "huggingface/tiny-phi3", "huggingface/tiny-gpt2", "gguf/tiny-llama.gguf",
    "gguf/tiny-llama-f16.gguf",
  ].map(Sample.init(path:))
}

extension Decoder {
  /// The logits of all tokens, taken in blocks of given lengths.
  mutating func logits(of tokens: [Int], blockLengths: [Int]) throws -> [[Float]] {
    var rows: [[Float]] = []
    var start = 0
    var lengths = blockLengths[...]
    while start < tokens.count {
      let length = min(lengths.popFirst() ?? tokens.count, tokens.count - start)
      try forward(Array(tokens[start..<start + length]), logits: .all)
      for row in 0..<length { rows.append(copyOfLogits(ofRow: row)) }
      start += length
    }
    return rows
  }

  func copyOfLogits(ofRow row: Int) -> [Float] {
    let logits = logits(ofRow: row)
    return logits.indices.map { logits[$0] }
  }
}

extension [[Float]] {
  /// For comparing bit by bit: a NaN is equal to itself, and zero is not minus zero.
  var bits: [[UInt32]] { map { $0.map(\.bitPattern) } }
}
