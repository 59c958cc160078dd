import TandemConversion
import TandemEngine
import TandemJSON

/// The times of another program beside ours, round by round.
struct DecodingComparison: Sendable {
  let program: String
  let roundCount: Int
  private let blocks: [Row]
  private let prompt: Row?

  /// - Precondition: As many rounds of both.
  init(_ program: String, _ ours: [DecodingBenchmark], _ theirs: [LlamaBenchmark]) {
    precondition(ours.count == theirs.count, "DecodingComparison: rounds differ")
    self.program = program
    roundCount = ours.count
    blocks = (ours.first?.blocks ?? []).indices.compactMap { index in
      Row(ours.map { $0.blocks[index] }, theirs) { $0.blocks[ours[0].blocks[index].tokenCount] }
    }
    let prompts = ours.compactMap(\.prompt)
    prompt = prompts.count == ours.count ? Row(prompts, theirs) { $0.prompt } : nil
  }

  /// What one block, or the prompt, took.
  private struct Row: Sendable {
    let tokenCount: Int
    /// The other program's, shortest first.
    let times: [Duration]
    /// The other program's time over ours of each round, smallest first.
    let ratios: [Double]

    /// - Returns: nil if the other program did not measure it.
    init?(
      _ ours: [DecodingBenchmark.Timing], _ theirs: [LlamaBenchmark],
      _ time: (LlamaBenchmark) -> Duration?
    ) {
      let times = theirs.compactMap(time)
      guard let first = ours.first, times.count == ours.count else { return nil }
      tokenCount = first.tokenCount
      ratios = zip(times, ours).map { $0 / $1.median }.sorted()
      self.times = times.sorted()
    }
  }

  var table: TextTable {
    var table = TextTable([
      .text("tokens"), .number("median"), .number("min"), .number("max"), .number("over ours"),
      .number("min"), .number("max"),
    ])
    for row in blocks { table.add(["\(row.tokenCount)"] + cells(row)) }
    if let prompt { table.add(["prompt of \(prompt.tokenCount)"] + cells(prompt)) }
    return table
  }

  private func cells(_ row: Row) -> [String] {
    summary(row.times).map { Numbers.duration($0) }
      + summary(row.ratios).map { Numbers.fixed($0, decimals: 2) }
  }

  /// The median, the smallest and the largest.
  private func summary<Number>(_ sorted: [Number]) -> [Number] {
    [sorted[sorted.count / 2], sorted[0], sorted[sorted.count - 1]]
  }

  var json: JSONOutput {
    .object([
      ("program", .string(program)), ("round_count", .integer(roundCount)),
      ("blocks", .array(blocks.map(json))), ("prompt", prompt.map(json) ?? .null),
    ])
  }

  private func json(_ row: Row) -> JSONOutput {
    let names = ["median", "min", "max"]
    let times = zip(names, summary(row.times)).map {
      ($0 + "_milliseconds", JSONOutput.milliseconds($1))
    }
    let ratios = zip(names, summary(row.ratios)).map {
      ($0 + "_ratio", JSONOutput.number(($1 * 1000).rounded() / 1000))
    }
    return .object([("token_count", .integer(row.tokenCount))] + times + ratios)
  }
}
