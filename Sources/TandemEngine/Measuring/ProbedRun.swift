/// What was measured with blocks of one length.
public struct ProbedRun: Sendable, CustomStringConvertible {
  /// What is written.
  struct Task {
    let prompts: [[Int]]
    /// So many are written after each prompt, fewer where the text ends.
    let tokenCount: Int
    let endTokens: Set<Int>

    /// Some tokens after the first prompt.
    var beginning: Self {
      Self(prompts: Array(prompts.prefix(1)), tokenCount: 2, endTokens: endTokens)
    }
  }

  /// A text and the fastest way in which it was written.
  struct Text {
    let tokens: [Int]
    let drafting: DraftingStatistics
    /// Without the first token after the prompt.
    let time: Duration
    let tokenCount: Int
  }

  /// 0 for the primary alone, nil where the router decides.
  public let blockLength: Int?
  private(set) var texts: [Text] = []

  init(blockLength: Int?) { self.blockLength = blockLength }

  public var description: String {
    switch blockLength {
    case nil: "adaptive"
    case 0: "the primary alone"
    case let length?: "blocks of \(length)"
    }
  }

  public var drafting: DraftingStatistics {
    texts.reduce(into: DraftingStatistics()) { $0.add($1.drafting) }
  }

  public var tokenCount: Int { texts.reduce(0) { $0 + $1.tokenCount } }

  public var timeOfToken: Duration {
    tokenCount == 0 ? .zero : texts.reduce(.zero) { $0 + $1.time } / tokenCount
  }

  /// The time of the primary's passes.
  var passTime: Duration? { drafting.primary.mean }

  /// Writes after each prompt, and keeps what was faster than before.
  mutating func write(
    _ task: Task, with generator: inout TokenGenerator
  ) throws(DecoderError) {
    if let blockLength { generator.drafter?.blockLength = blockLength }
    for (index, prompt) in task.prompts.enumerated() {
      let text = try Self.text(after: prompt, task, with: &generator)
      if index == texts.count {
        texts.append(text)
      } else if text.time < texts[index].time {
        texts[index] = text
      }
    }
  }

  private static func text(
    after prompt: [Int], _ task: Task, with generator: inout TokenGenerator
  ) throws(DecoderError) -> Text {
    _ = try generator.begin(prompt, SamplingOptions())
    _ = try generator.next()
    let start = ContinuousClock.now
    let first = generator.tokens.count
    let end = prompt.count + task.tokenCount
    while generator.tokens.count < end,
      !task.endTokens.contains(generator.tokens[generator.tokens.count - 1]),
      try generator.next() != nil
    {}
    let time = ContinuousClock.now - start
    let tokens = generator.tokens
    return Text(
      tokens: Array(tokens.prefix(end)), drafting: generator.statistics, time: time,
      tokenCount: tokens.count - first)
  }
}
