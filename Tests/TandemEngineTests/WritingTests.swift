import TandemBytes
import TandemKernels
import Testing

@testable import TandemEngine

@Suite struct `A text that is drafted` {
  private static let modes: [(String, WritingMode, Int)] = [
    ("independent", .speed, 7), ("tandem", .tandemSpeed, 5),
  ]

  @Test(arguments: modes)
  func `ends at an end token within a block`(name: String, mode: WritingMode, length: Int) throws {
    let pair = try SamplePair(name)
    var writer = try pair.generator(.primary)
    let tokens = try writer.write(after: [4, 7], 40)
    for end in Set(tokens) {
      var options = GenerationOptions()
      options.maximumTokenCount = 40
      options.endTokens = [end]
      let drafted = try generation(pair, mode, length, options)
      #expect(drafted.generation.tokens == Array(tokens.prefix { $0 != end }))
      #expect(drafted.generation.end == .endToken)
    }
  }

  @Test(arguments: modes)
  func `ends before a stop text, and after its last token`(
    name: String, mode: WritingMode, length: Int
  ) throws {
    let pair = try SamplePair(name)
    var options = GenerationOptions()
    options.maximumTokenCount = 30
    let whole = try generation(pair, .primary, nil, options)
    for count in [0, 1, 5, 29, 30] {
      options.maximumTokenCount = count
      let drafted = try generation(pair, mode, length, options)
      #expect(drafted.generation.tokens == Array(whole.generation.tokens.prefix(count)))
      #expect(drafted.generation.end == .tokenLimit)
    }
    options.maximumTokenCount = 30
    let text = Array(whole.text)
    for place in [1, 9, 17] where place + 2 < text.count {
      options.stopTexts = [String(text[place...place + 2])]
      let alone = try generation(pair, .primary, nil, options)
      let drafted = try generation(pair, mode, length, options)
      #expect(drafted.text == alone.text)
      #expect(drafted.generation.end == alone.generation.end)
    }
  }

  private func generation(
    _ pair: SamplePair, _ mode: WritingMode, _ length: Int?, _ options: GenerationOptions
  ) throws -> (generation: Generation, text: String) {
    var generator = try pair.textGenerator(mode, length.map { .fixed($0) })
    var text = ""
    let generation = try generator.generate(after: [4, 7], options) { text += $0 }
    return (generation, text)
  }
}

@Suite struct `A tandem by itself` {
  /// What the prompt was cut into, and what was there before, changes nothing.
  @Test(arguments: ["tandem", "tandem-biases"], FreeToken.allCases)
  func `writes the same from whatever it goes on`(name: String, freeToken: FreeToken) throws {
    let pair = try SamplePair(name)
    let prompt = (0..<50).map { ($0 * 29 + 3) % 96 }
    for length in 1...8 {
      func generator(_ threadCount: Int) throws -> TokenGenerator {
        try pair.generator(.tandem, .fixed(length), threadCount: threadCount) {
          $0.freeToken = freeToken
        }
      }
      var first = try generator(1)
      let expected = try first.write(after: prompt, 30)
      var second = try generator(2)
      _ = try second.write(after: Array(prompt.prefix(20)) + [1, 2, 3], 10)
      let tokens = try second.write(after: prompt, 30)
      #expect(tokens == expected)
    }
  }

  /// Blocks of one token with a free token see everything but themselves through the primary.
  @Test func `alternates between primary and secondary`() throws {
    let pair = try SamplePair("tandem")
    var alone = try pair.generator(.primary)
    let prompt = [3, 1, 4, 1, 5, 9, 2, 6]
    var generator = try pair.generator(.tandem, .fixed(1)) { $0.freeToken = .always }
    let tokens = try generator.write(after: prompt, 20)
    #expect(tokens.count == 20)
    // The primary has the first token, and then each second one.
    for place in stride(from: 0, to: 20, by: 2) {
      let own = try alone.write(after: prompt + tokens.prefix(place), 1)
      #expect(own == [tokens[place]])
    }
  }

  @Test func `ends with its context`() throws {
    let pair = try SamplePair("tandem")
    for freeToken in FreeToken.allCases {
      var generator = try pair.generator(.tandem, .fixed(3), contextLength: 20) {
        $0.freeToken = freeToken
      }
      let tokens = try generator.write(after: [1, 2, 3, 4], 100)
      #expect(14...18 ~= tokens.count)
    }
  }
}

@Suite struct `States of a decoder` {
  @Test func `have the same bits for blocks as for one token at a time`() throws {
    let model = try SampleModel("huggingface/tiny-llama")
    let tokens = (0..<20).map { ($0 * 37 + 11) % 96 }
    for areNormed in [true, false] {
      func decoder() throws -> Decoder {
        var decoder = try model.decoder(threadCount: 2)
        decoder.states = HiddenStates([2, 0, 2], layerCount: 2, areNormed: areNormed)
        return decoder
      }
      var whole = try decoder()
      try whole.forward(tokens)
      var single = try decoder()
      for layers in [0, 2] {
        single.truncate(to: 0)
        var rows: [Float] = []
        for token in tokens {
          try single.forward([token])
          rows += single.states.rows(after: layers)
        }
        #expect(rows.map(\.bitPattern) == whole.states.rows(after: layers).map(\.bitPattern))
      }
    }
  }

  @Test func `change no logits when they are kept`() throws {
    let model = try SampleModel("huggingface/tiny-qwen3")
    var plain = try model.decoder()
    var tapped = try model.decoder()
    tapped.states = HiddenStates([0, 1, 2], layerCount: 2, areNormed: true)
    let expected = try plain.logits(of: [5, 6, 7], blockLengths: [])
    let logits = try tapped.logits(of: [5, 6, 7], blockLengths: [])
    #expect(logits.bits == expected.bits)
  }
}

@Suite struct `A pair that does not fit the mode` {
  /// What is asked for, and the code and a part of what is answered.
  struct Case: CustomTestStringConvertible, Sendable {
    let pair: String
    let mode: WritingMode
    var length: WritingOptions.BlockLength? = nil
    let code: String
    let part: String
    var testDescription: String { "\(pair), \(mode.rawValue)" }

    static let all = [
      Case(pair: "standalone", mode: .speed, code: "EP001", part: "has a primary only"),
      Case(pair: "standalone", mode: .secondary, code: "EP001", part: "'secondary' needs a"),
      Case(pair: "independent", mode: .tandem, code: "EP002", part: "needs a tandem"),
      Case(pair: "independent", mode: .tandemSpeed, code: "EP002", part: "needs a tandem"),
      Case(pair: "independent-mapped", mode: .secondary, code: "EP002", part: "not write alone"),
      Case(
        pair: "tandem", mode: .tandem, length: .fixed(9), code: "EP003",
        part: "blocks of 9 tokens are asked for; the pair allows 1 to 8"),
      Case(
        pair: "independent", mode: .speed, length: .fixed(0), code: "EP003", part: "allows 1 to 16"
      ),
      Case(pair: "independent", mode: .speed, length: .adaptive, code: "EP004", part: "no router"),
    ]
  }

  @Test(arguments: Case.all)
  func `is refused in one sentence`(example: Case) throws {
    let pair = try SamplePair(example.pair)
    let finding = finding(pair, example)
    #expect(finding?.code == example.code)
    #expect(finding?.message.contains(example.part) == true, "\(finding?.message ?? "")")
  }

  private func finding(_ pair: SamplePair, _ example: Case) -> Finding? {
    do {
      _ = try pair.generator(example.mode, example.length)
      return nil
    } catch {
      return error as? Finding
    }
  }
}
