import TandemBundles
import TandemBytes
import TandemKernels
import Testing

@testable import TandemEngine

@Suite struct `Speculative decoding` {
  /// A way to draft.
  struct Case: CustomTestStringConvertible, Sendable {
    let pair: String
    let mode: WritingMode
    let blockLengths: [WritingOptions.BlockLength]
    var testDescription: String { "\(pair), \(mode.rawValue)" }

    static let all = [
      Case(pair: "independent", mode: .speed, blockLengths: (1...16).map { .fixed($0) }),
      Case(pair: "independent-gguf", mode: .speed, blockLengths: [.fixed(3)]),
      Case(pair: "independent-mapped", mode: .speed, blockLengths: (1...16).map { .fixed($0) }),
      Case(pair: "tandem", mode: .speed, blockLengths: [.fixed(4), .adaptive]),
      Case(
        pair: "tandem", mode: .tandemSpeed, blockLengths: (1...8).map { .fixed($0) } + [.adaptive]),
      Case(
        pair: "tandem-borrowing-head", mode: .tandemSpeed, blockLengths: (1...8).map { .fixed($0) }),
      Case(pair: "tandem-biases", mode: .tandemSpeed, blockLengths: (1...8).map { .fixed($0) }),
    ]
  }

  static let prompts = [[5], [0, 5, 17, 3, 80, 44], (0..<60).map { ($0 * 37 + 11) % 96 }]

  @Test(arguments: Case.all)
  func `writes greedily what the primary writes alone`(example: Case) throws {
    let pair = try SamplePair(example.pair)
    var alone = try pair.generator(.primary)
    for prompt in Self.prompts {
      let expected = try alone.write(after: prompt, 40)
      for length in example.blockLengths {
        var generator = try pair.generator(example.mode, length, threadCount: 2)
        let tokens = try generator.write(after: prompt, 40)
        #expect(tokens == expected, "\(length), \(prompt.count)")
        let statistics = generator.statistics
        #expect(statistics.draftedCount > 0)
        #expect(statistics.tokenCount == generator.tokens.count - prompt.count)
      }
    }
  }

  @Test func `a tied head with a map is the rows of the embedding that it names`() throws {
    let pair = try SamplePair("tandem-borrowing-head")
    let pool = ThreadPool(threadCount: 1)
    let primary = try Decoder(pair.bundle, pair.bundle.members[0], pool: pool)
    let secondary = try Decoder(pair.bundle, pair.bundle.members[1], pool: pool)
    let ids = Array(0..<32) + Array(64..<96)
    var (head, embedding) = ([Float](), [Float]())
    head.resize(ids.count * primary.shape.dim)
    embedding.resize(ids.count * primary.shape.dim)
    secondary.weights.head.read(rows: ids.indices, into: &head)
    primary.weights.tokenEmbedding.read(rows: ids, into: &embedding)
    #expect(secondary.vocabularySize == ids.count)
    #expect(head == embedding && Set(head).count > ids.count)
  }

  @Test(arguments: Case.all)
  func `ends where the primary's context ends`(example: Case) throws {
    let pair = try SamplePair(example.pair)
    for context in [7, 16, 19] {
      var alone = try pair.generator(.primary, contextLength: context)
      let expected = try alone.write(after: Self.prompts[1], 100)
      #expect(expected.count == context - 6 + 1)
      for length in example.blockLengths {
        var generator = try pair.generator(example.mode, length, contextLength: context)
        let tokens = try generator.write(after: Self.prompts[1], 100)
        #expect(tokens == expected)
      }
    }
  }

  @Test(arguments: Case.all)
  func `goes on from any earlier text`(example: Case) throws {
    let pair = try SamplePair(example.pair)
    var generator = try pair.generator(example.mode, example.blockLengths.last)
    for prompt in [Self.prompts[2], Array(Self.prompts[2].prefix(30)), Self.prompts[1], [0, 5, 9]] {
      var alone = try pair.generator(.primary)
      let expected = try alone.write(after: prompt, 11)
      let tokens = try generator.write(after: prompt, 11)
      #expect(tokens == expected)
    }
  }

  @Test(arguments: Case.all)
  func `by the greedy rule draws what the primary draws alone`(example: Case) throws {
    let pair = try SamplePair(example.pair)
    var sampling = SamplingOptions()
    sampling.temperature = 0.8
    sampling.topP = 0.9
    sampling.repeatPenalty = 1.2
    for seed: UInt64 in 0..<4 {
      sampling.seed = seed
      var alone = try pair.generator(.primary)
      let expected = try alone.write(after: Self.prompts[1], 30, sampling)
      var generator = try pair.generator(example.mode, example.blockLengths.last) {
        $0.acceptance = .greedy
      }
      let tokens = try generator.write(after: Self.prompts[1], 30, sampling)
      #expect(tokens == expected)
    }
  }

  @Test func `by the residual rule draws the same for the same seed`() throws {
    let pair = try SamplePair("tandem")
    var sampling = SamplingOptions()
    sampling.temperature = 1
    func write(_ seed: UInt64) throws -> [Int] {
      sampling.seed = seed
      var generator = try pair.generator(.tandemSpeed, .fixed(5)) { $0.acceptance = .residual }
      return try generator.write(after: [1, 2, 3], 40, sampling)
    }
    let (first, second, other) = (try write(7), try write(7), try write(8))
    #expect(first == second)
    #expect(first != other)
  }

  /// Three tokens of three choices each: 27 texts, whose probabilities the primary gives exactly.
  @Test(arguments: [("independent", WritingMode.speed), ("tandem", .tandemSpeed)])
  func `by the residual rule draws texts as often as the primary does`(
    name: String, mode: WritingMode
  ) throws {
    let pair = try SamplePair(name)
    var sampling = SamplingOptions()
    sampling.temperature = 1.5
    sampling.topK = 3
    let prompt = [4, 50, 9]
    let expected = try probabilities(pair, prompt, sampling, 3)
    #expect(expected.count == 27)
    var generator = try pair.generator(mode, .fixed(4)) { $0.acceptance = .residual }
    var counts: [[Int]: Int] = [:]
    let runCount = 6000
    for seed in 0..<runCount {
      sampling.seed = UInt64(seed)
      counts[try generator.write(after: prompt, 3, sampling), default: 0] += 1
    }
    #expect(Set(counts.keys).isSubset(of: Set(expected.keys)))
    let observed = expected.map { (counts[$0.key] ?? 0, $0.value * Double(runCount)) }
    // 26 degrees of freedom: 54.05 is exceeded once in a thousand times; the seeds are fixed.
    #expect(chiSquared(observed) < 54.05)
  }

  /// The probabilities of all texts of a length.
  private func probabilities(
    _ pair: SamplePair, _ prompt: [Int], _ sampling: SamplingOptions, _ count: Int
  ) throws -> [[Int]: Double] {
    var decoder = try Decoder(pair.bundle, pair.bundle.members[0], pool: .init(threadCount: 1))
    var texts: [[Int]: Double] = [[]: 1]
    for _ in 0..<count {
      var longer: [[Int]: Double] = [:]
      for (text, probability) in texts {
        decoder.truncate(to: 0)
        try decoder.prefill(prompt + text)
        for next in Sampler(sampling).distribution(decoder.logits(ofRow: 0), after: []) {
          longer[text + [next.id]] = probability * next.probability
        }
      }
      texts = longer
    }
    return texts
  }
}

@Suite struct `A verifier` {
  /// 200,000 tokens at each temperature: 9 degrees of freedom, 27.88 is exceeded once in a thousand
  /// times.
  @Test(arguments: [0.5, 1, 2])
  func `keeps the primary's distribution, whatever was drafted`(temperature: Double) {
    var sampling = SamplingOptions()
    sampling.temperature = temperature
    let primary: [Float] = [2, 1.5, 1, 0.5, 0, 0, -0.5, -1, -1.5, -3]
    let secondary: [Float] = [-2, 1, 2, -4, 0, 1, 0.5, -1, -1, 2]
    var verifier = Verifier(sampling)
    var drafting = sampling
    drafting.seed = 99
    var drafter = Sampler(drafting)
    let p = drafter.distribution(primary.span, after: [])
    let q = drafter.distribution(secondary.span, after: [])
    var counts = [Int](repeating: 0, count: 10)
    var accepted = 0
    for _ in 0..<200_000 {
      let drafted = drafter.draw(from: q) ?? 0
      let chosen = verifier.choose(primary.span, after: [], drafted: drafted, of: q) ?? 0
      counts[chosen] += 1
      if chosen == drafted { accepted += 1 }
    }
    #expect(chiSquared(p.map { (counts[$0.id], $0.probability * 200_000) }) < 27.88)
    // A token stands with the probability Σ min(p, q), here to five standard deviations.
    let share = p.reduce(0) { sum, token in
      sum + min(token.probability, q.first { $0.id == token.id }?.probability ?? 0)
    }
    #expect(abs(Double(accepted) / 200_000 - share) < 0.0056)
  }

  @Test func `takes a token that the primary never draws for none of its own`() {
    var sampling = SamplingOptions()
    sampling.temperature = 1
    sampling.topK = 2
    let primary: [Float] = [3, 2, 1, 0]
    var verifier = Verifier(sampling)
    for _ in 0..<1000 {
      let q = [(id: 3, probability: 0.9), (id: 0, probability: 0.1)]
      let chosen = verifier.choose(primary.span, after: [], drafted: 3, of: q)
      #expect(chosen == 0 || chosen == 1)
    }
  }

  @Test func `chooses nothing from what is not finite`() {
    var sampling = SamplingOptions()
    sampling.temperature = 1
    var verifier = Verifier(sampling)
    let logits: [Float] = [1, .nan]
    let chosen = verifier.choose(
      logits.span, after: [], drafted: 0, of: [(id: 0, probability: 1)])
    #expect(chosen == nil)
  }
}

/// Σ (observed − expected)² / expected.
private func chiSquared(_ counts: [(observed: Int, expected: Double)]) -> Double {
  counts.reduce(0) { sum, count in
    let difference = Double(count.observed) - count.expected
    return sum + difference * difference / count.expected
  }
}
