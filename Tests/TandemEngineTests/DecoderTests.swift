import TandemBytes
import TandemEngine
import TandemKernels
import Testing

@Suite struct `A decoder` {
  static let tokens = [0, 5, 17, 3, 80, 44, 9, 9, 61, 2, 33, 70, 12, 90, 1, 25, 48, 7, 54, 31]

  @Test(arguments: Sample.all)
  func `gives the same bits for blocks as for one token at a time`(sample: Sample) throws {
    let model = try SampleModel(sample.path)
    for precision in KeyValueCache.Precision.allCases {
      var single = try model.decoder(precision: precision)
      let expected = try single.logits(
        of: Self.tokens, blockLengths: [Int](repeating: 1, count: Self.tokens.count))
      #expect(expected.allSatisfy { $0.allSatisfy(\.isFinite) })
      for length in 2...Self.tokens.count {
        for threadCount in [1, 2, 3] {
          var decoder = try model.decoder(threadCount: threadCount, precision: precision)
          let lengths = [Int](repeating: length, count: Self.tokens.count)
          let logits = try decoder.logits(of: Self.tokens, blockLengths: lengths)
          #expect(logits.bits == expected.bits, "blocks of \(length), \(threadCount) threads")
        }
      }
    }
  }

  @Test func `gives the same bits wherever a long text is cut`() throws {
    let model = try SampleModel("huggingface/tiny-llama")
    let tokens = (0..<128).map { ($0 * 37 + 11) % 96 }
    var whole = try model.decoder()
    let expected = try whole.logits(of: tokens, blockLengths: [128])
    for lengths in [[1, 127], [63, 1, 64], [64, 64], [65, 2, 61], [100, 28]] {
      var decoder = try model.decoder(threadCount: 2)
      let logits = try decoder.logits(of: tokens, blockLengths: lengths)
      #expect(logits.bits == expected.bits, "\(lengths)")
    }
  }

  @Test func `goes on after truncation as if the rest had never been there`() throws {
    let model = try SampleModel("huggingface/tiny-qwen3")
    var decoder = try model.decoder()
    let expected = try decoder.logits(of: Self.tokens, blockLengths: [])
    for length in [0, 1, 7, 16, 19] {
      decoder.truncate(to: length)
      let wrong = [40, 41, 42]
      _ = try decoder.logits(of: Array(wrong.prefix(20 - length)), blockLengths: [])
      decoder.truncate(to: length)
      let rest = try decoder.logits(of: Array(Self.tokens[length...]), blockLengths: [4])
      #expect(rest.bits == Array(expected[length...]).bits)
    }
  }

  @Test func `gives the last token's logits after a prompt of any length`() throws {
    let model = try SampleModel("huggingface/tiny-llama")
    let tokens = (0..<100).map { ($0 * 29 + 3) % 96 }
    var whole = try model.decoder()
    let expected = try whole.logits(of: tokens, blockLengths: [])
    var decoder = try model.decoder()
    try decoder.prefill(tokens)
    #expect([decoder.copyOfLogits(ofRow: 0)].bits == [expected[99]].bits)
  }

  @Test func `refuses what its context has no room for, and takes nothing of it`() throws {
    let model = try SampleModel("huggingface/tiny-llama")
    var decoder = try model.decoder(contextLength: 8)
    try decoder.forward([1, 2, 3, 4, 5, 6])
    func full(_ position: Int, _ count: Int) -> DecoderError {
      .contextFull(position: position, tokenCount: count, contextLength: 8)
    }
    #expect(error(&decoder, [7, 8, 9]) == full(6, 3))
    #expect(decoder.position == 6)
    try decoder.forward([7, 8])
    #expect(error(&decoder, [9]) == full(8, 1))
  }

  @Test func `refuses tokens that it does not know`() throws {
    let model = try SampleModel("huggingface/tiny-llama")
    var decoder = try model.decoder()
    #expect(error(&decoder, [1, 96]) == .unknownToken(id: 96, vocabularySize: 96))
    #expect(error(&decoder, [-1]) == .unknownToken(id: -1, vocabularySize: 96))
    #expect(decoder.position == 0)
  }

  private func error(_ decoder: inout Decoder, _ tokens: [Int]) -> DecoderError? {
    do throws(DecoderError) {
      try decoder.forward(tokens)
      return nil
    } catch {
      return error
    }
  }
}

@Suite struct `A bundle that cannot be run` {
  @Test(arguments: [
    ("huggingface/tiny-bert", "EN002"), ("gguf/types-plain.gguf", "EN001"),
  ])
  func `is refused in one sentence`(name: String, code: String) throws {
    let model = try SampleModel(name)
    let finding = finding(model)
    #expect(finding?.code == code)
    if code == "EN002" {
      #expect(finding?.message.contains("models that can be run are llama, mistral") == true)
    }
  }

  @Test func `has learned fewer positions than are asked for`() throws {
    let model = try SampleModel("huggingface/tiny-gpt2")
    let finding = finding(model, contextLength: 129)
    #expect(finding?.code == "EN008")
    #expect(finding?.message.contains("learned 128 positions; 129 are asked for") == true)
    #expect(self.finding(model, contextLength: 128) == nil)
  }

  private func finding(_ model: SampleModel, contextLength: Int? = nil) -> Finding? {
    do {
      _ = try model.decoder(contextLength: contextLength)
      return nil
    } catch {
      return error as? Finding
    }
  }
}
