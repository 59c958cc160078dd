import TandemBundles
import TandemBytes
import TandemKernels
import TandemTokenizers

@testable import TandemEngine

/// A pair under `samples/good/pairs`, packed.
struct SamplePair {
  let bundle: TandemBundle
  private let model: SampleModel

  init(_ name: String) throws {
    model = try SampleModel("pairs/\(name)/PAIR.json")
    bundle = model.bundle
  }

  func generator(
    _ mode: WritingMode, _ blockLength: WritingOptions.BlockLength? = nil,
    contextLength: Int? = nil, threadCount: Int = 1,
    _ change: (inout WritingOptions) -> Void = { _ in }
  ) throws -> TokenGenerator {
    var options = WritingOptions()
    options.mode = mode
    options.blockLength = blockLength
    change(&options)
    var decoding = DecoderOptions()
    decoding.contextLength = contextLength
    return try TokenGenerator(
      bundle, options, pool: ThreadPool(threadCount: threadCount), decoding: decoding)
  }

  func textGenerator(
    _ mode: WritingMode, _ blockLength: WritingOptions.BlockLength? = nil
  ) throws -> TextGenerator {
    let member = bundle.members[0]
    guard let vocabulary = try bundle.vocabulary(of: member, includingDigest: false) else {
      throw FileError("sample", "read its tokenizer", reason: "it has none")
    }
    let tokenizer = try Tokenizer(vocabulary, in: "sample")
    return TextGenerator(try generator(mode, blockLength), tokenizer)
  }
}

extension TokenGenerator {
  /// Tokens after a prompt, up to a number of them or the context's end.
  mutating func write(
    after prompt: [Int], _ count: Int, _ sampling: SamplingOptions = SamplingOptions()
  ) throws -> [Int] {
    _ = try begin(prompt, sampling)
    while tokens.count < prompt.count + count, try next() != nil {}
    return Array(tokens[prompt.count...].prefix(count))
  }
}
