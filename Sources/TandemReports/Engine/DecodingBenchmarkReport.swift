import TandemEngine
import TandemJSON

/// How long a decoder takes for blocks of tokens and for a prompt, and llama.cpp beside it.
public struct DecodingBenchmarkReport: Report, Sendable {
  private let path: String
  private let result: DecodingBenchmark
  private let comparison: DecodingComparison?

  /// - Parameter rounds: One at least.
  public init(path: String, _ rounds: DecodingRounds) {
    self.path = path
    result = DecodingBenchmark(rounds.ours)
    comparison = rounds.program.map { DecodingComparison($0, rounds.ours, rounds.llamas) }
  }

  /// Writes the figures for a person.
  public func write(_ layout: TextLayout, to output: (String) -> Void) {
    var text = ReportText()
    let threads = Numbers.counted(result.threadCount, "thread")
    text.heading("\(path): \(threads), blocks after \(result.position) positions", level: 1)
    text.facts([
      ("weights read for a block", Numbers.bytes(result.weightByteCount)),
      ("all cores read them at", Numbers.rate(result.readBytesPerSecond)),
      (
        "share of that for one token",
        single.map { timing in
          let share = 100 * weightRate(timing) / result.readBytesPerSecond
          return Numbers.fixed(share, decimals: 0) + " %"
        }
      ),
    ])
    text.table(table)
    if let comparison {
      let rounds = Numbers.counted(comparison.roundCount, "round")
      text.heading("\(comparison.program), in turns with it, \(rounds)", level: 2)
      text.table(comparison.table)
    }
    text.write(layout, to: output)
  }

  private var single: DecodingBenchmark.Timing? { result.blocks.first { $0.tokenCount == 1 } }

  private func weightRate(_ timing: DecodingBenchmark.Timing) -> Double {
    Double(result.weightByteCount) / (timing.median / .seconds(1))
  }

  private var table: TextTable {
    var table = TextTable([
      .text("tokens"), .number("median"), .number("min"), .number("max"), .number("over 1 token"),
      .number("tokens/s"),
    ])
    for timing in result.blocks + [result.prompt].compactMap(\.self) {
      let cost = single.map { timing.median / $0.median }
      let isPrompt = timing.tokenCount == result.prompt?.tokenCount
      table.add([
        isPrompt ? "prompt of \(timing.tokenCount)" : "\(timing.tokenCount)",
        Numbers.duration(timing.median), Numbers.duration(timing.times[0]),
        Numbers.duration(timing.times[timing.times.count - 1]),
        cost.map { Numbers.fixed($0, decimals: 2) } ?? "–",
        Numbers.fixed(rate(timing), decimals: 1),
      ])
    }
    return table
  }

  private func rate(_ timing: DecodingBenchmark.Timing) -> Double {
    Double(timing.tokenCount) / (timing.median / .seconds(1))
  }

  /// Writes the figures as JSON (`schemas/bench-decode.schema.json`).
  public func writeJSON(to output: @escaping (String) -> Void) {
    let value: JSONOutput = .object([
      ("path", .string(path)), ("thread_count", .integer(result.threadCount)),
      ("position", .integer(result.position)),
      ("weight_byte_count", .integer(result.weightByteCount)),
      ("read_bytes_per_second", .number(result.readBytesPerSecond.rounded())),
      ("blocks", .array(result.blocks.map(json))),
      ("prompt", result.prompt.map(json) ?? .null), ("beside", comparison?.json ?? .null),
    ])
    output(value.text(pretty: true) + "\n")
  }

  private func json(_ timing: DecodingBenchmark.Timing) -> JSONOutput {
    .object([
      ("token_count", .integer(timing.tokenCount)),
      ("median_milliseconds", .milliseconds(timing.median)),
      ("min_milliseconds", .milliseconds(timing.times[0])),
      ("max_milliseconds", .milliseconds(timing.times[timing.times.count - 1])),
      ("tokens_per_second", .number((rate(timing) * 100).rounded() / 100)),
    ])
  }
}

extension JSONOutput {
  /// A time to a microsecond.
  static func milliseconds(_ time: Duration) -> JSONOutput {
    .number((time / .milliseconds(1) * 1000).rounded() / 1000)
  }
}
