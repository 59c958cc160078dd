import Testing

@testable import TandemEngine

@Suite struct `A sampler` {
  private func choose(
    _ logits: [Float], after history: [Int] = [],
    _ change: (inout SamplingOptions) -> Void = { _ in }
  ) -> Int? {
    var options = SamplingOptions()
    change(&options)
    var sampler = Sampler(options)
    return sampler.choose(logits.span, after: history)
  }

  private func distribution(
    _ logits: [Float], after history: [Int] = [], _ change: (inout SamplingOptions) -> Void
  ) -> [Int: Double] {
    var options = SamplingOptions()
    options.temperature = 1
    change(&options)
    let tokens = Sampler(options).distribution(logits.span, after: history)
    return Dictionary(uniqueKeysWithValues: tokens.map { ($0.id, $0.probability) })
  }

  @Test func `takes the largest logit, and of equal ones the lowest id`() {
    #expect(choose([1, 3, 2]) == 1)
    #expect(choose([1, 3, 3, 3]) == 1)
    #expect(choose([-.infinity, -5]) == 1)
  }

  @Test func `chooses nothing from what is not finite`() {
    #expect(choose([1, .nan, 2]) == nil)
    #expect(choose([-.infinity, -.infinity]) == nil)
    #expect(choose([1, .infinity]) == nil)
    #expect(choose([1, .nan]) { $0.temperature = 1 } == nil)
  }

  @Test func `makes probabilities of logits over temperature`() {
    let plain = distribution([0, 1]) { _ in }
    #expect(abs((plain[1] ?? 0) - 0.7310585786300049) < 1e-7)
    let cold = distribution([0, 1]) { $0.temperature = 0.5 }
    #expect(abs((cold[1] ?? 0) - 0.8807970779778823) < 1e-7)
  }

  @Test func `keeps the k most probable, with ties by id`() {
    #expect(Set(distribution([5, 7, 7, 6]) { $0.topK = 2 }.keys) == [1, 2])
    #expect(Set(distribution([7, 7, 7]) { $0.topK = 2 }.keys) == [0, 1])
    #expect(
      choose([1, 2, 9]) {
        $0.temperature = 5; $0.topK = 1
      } == 2)
  }

  @Test func `keeps the fewest tokens that reach top-p`() {
    // Probabilities 0.5, 0.25, 0.125, 0.125.
    let logits: [Float] = [0.6931472, 0, -0.6931472, -0.6931472]
    #expect(Set(distribution(logits) { $0.topP = 0.49 }.keys) == [0])
    #expect(Set(distribution(logits) { $0.topP = 0.6 }.keys) == [0, 1])
    #expect(Set(distribution(logits) { $0.topP = 0.8 }.keys) == [0, 1, 2])
    #expect(distribution(logits) { $0.topP = 1 }.count == 4)
  }

  @Test func `keeps tokens that are at least min-p times as probable as the best`() {
    let logits: [Float] = [0.6931472, 0, -0.6931472, -0.6931472]
    #expect(Set(distribution(logits) { $0.minP = 0.4 }.keys) == [0, 1])
    #expect(Set(distribution(logits) { $0.minP = 1 }.keys) == [0])
  }

  @Test func `makes recent tokens less probable`() {
    #expect(choose([4, 3, -1], after: [0]) { $0.repeatPenalty = 2 } == 1)
    #expect(choose([-1, -1.5], after: [0]) { $0.repeatPenalty = 2 } == 1)
    let old = [Int](repeating: 2, count: 64)
    #expect(choose([4, 3, -1], after: [0] + old) { $0.repeatPenalty = 2 } == 0)
  }

  @Test func `draws the same tokens for the same seed`() {
    let logits = (0..<50).map { Float($0 % 7) }
    func draw(_ seed: UInt64) -> [Int?] {
      var options = SamplingOptions()
      options.temperature = 1
      options.seed = seed
      var sampler = Sampler(options)
      return (0..<32).map { _ in sampler.choose(logits.span, after: []) }
    }
    #expect(draw(7) == draw(7))
    #expect(draw(7) != draw(8))
  }

  @Test func `draws tokens as often as they are probable`() {
    let logits: [Float] = [0.6931472, 0, -0.6931472, -0.6931472]
    var options = SamplingOptions()
    options.temperature = 1
    var sampler = Sampler(options)
    var counts = [0, 0, 0, 0]
    for _ in 0..<20_000 { counts[sampler.choose(logits.span, after: []) ?? 0] += 1 }
    // Four standard deviations.
    for (count, expected) in zip(counts, [10_000, 5000, 2500, 2500]) {
      #expect(abs(count - expected) < 285)
    }
  }

  /// The first numbers of Vigna's reference implementation for seed 1234567.
  @Test func `has the random numbers of SplitMix64`() {
    var generator = SplitMix64(seed: 1_234_567)
    let numbers = (0..<3).map { _ in generator.next() }
    #expect(
      numbers == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
  }
}

@Suite struct `Stop texts` {
  private func run(_ pieces: [String], _ stops: [String]) -> (text: String, isFound: Bool) {
    var watcher = StopTexts(stops)
    var text = ""
    for piece in pieces { text += watcher.append(piece) }
    return (text + watcher.finish(), watcher.isFound)
  }

  @Test func `end a text before them, however it is cut`() {
    for pieces in [["one END two"], ["one E", "ND two"], ["one ", "E", "N", "D", " two"]] {
      #expect(run(pieces, ["END"]) == ("one ", true))
    }
  }

  @Test func `that do not come in the end change nothing`() {
    #expect(run(["one EN", "EEND"], ["ENDE"]) == ("one ENEEND", false))
    #expect(run(["aab"], ["aaab"]) == ("aab", false))
    #expect(run(["é", "e\u{301}"], ["e"]) == ("é", true))
  }

  @Test func `are told where they overlap`() {
    #expect(run(["aa", "ab"], ["aab"]) == ("a", true))
    #expect(run(["xy", "z"], ["yz", "y!"]) == ("x", true))
  }
}
