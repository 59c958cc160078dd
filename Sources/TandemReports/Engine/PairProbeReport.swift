public import TandemEngine
import TandemJSON

/// How well the members of a pair agree, and what drafting gains.
public struct PairProbeReport: Report, Sendable {
  private let path: String
  private let result: PairProbe

  public init(path: String, _ result: PairProbe) {
    self.path = path
    self.result = result
  }

  /// Writes the figures for a person.
  public func write(_ layout: TextLayout, to output: (String) -> Void) {
    var text = ReportText()
    let threads = Numbers.counted(result.threadCount, "thread")
    text.heading("\(path): \(result.mode.rawValue), \(threads)", level: 1)
    let agreement = result.agreement
    text.facts([
      (
        "likeliest token is the same",
        "\(Self.percent(agreement.relativeAccuracy)) of \(Numbers.counted(agreement.tokenCount, "token"))"
      ),
      (
        "total-variation distance",
        Numbers.fixed(agreement.totalVariation, decimals: 3)
          + " (blocks of \(result.agreementBlockLength))"
      ),
      ("first drafted token stands", Self.percent(result.acceptance)),
      (
        "a pass of the secondary",
        result.costRatio.map { "\(Numbers.fixed($0, decimals: 3)) of the primary's" }
      ),
      ("the primary alone", "\(rate(result.plain)) tokens/s"),
      ("best", result.best.map(best)),
    ])
    text.table(table)
    text.write(layout, to: output)
  }

  private func best(_ run: ProbedRun) -> String {
    let speedUp = result.speedUp(run)
    guard speedUp > 1 else { return "no block length is faster than the primary alone" }
    return "\(run): \(Numbers.fixed(speedUp, decimals: 2)) times as fast"
  }

  private var table: TextTable {
    var table = TextTable([
      .number("γ"), .number("stand up to it"), .number("a block"), .number("block cost"),
      .number("expected"), .number("speed-up"), .number("tokens/s"), .text(""),
    ])
    let scale = result.runs.map(result.speedUp).max() ?? 1
    for run in result.runs {
      let speedUp = result.speedUp(run)
      table.add([
        run.blockLength.map { "\($0)" } ?? "adaptive",
        run.blockLength.map { Self.percent(result.acceptance(upTo: $0)) } ?? "",
        run.drafting.meanAcceptedLength.map { Numbers.fixed($0, decimals: 2) } ?? "–",
        Self.ratio(result.blockCost(run)), Self.ratio(result.expectedSpeedUp(run)),
        Self.ratio(speedUp), rate(run), Self.bar(speedUp, of: scale),
      ])
    }
    return table
  }

  private static let barWidth = 20.0

  private static func bar(_ value: Double, of scale: Double) -> String {
    guard scale > 0, value.isFinite else { return "" }
    return String(repeating: "█", count: Int((value / scale * barWidth).rounded()))
  }

  private static func ratio(_ value: Double?) -> String {
    value.map { Numbers.fixed($0, decimals: 2) } ?? "–"
  }

  private static func percent(_ share: Double) -> String {
    Numbers.fixed(100 * share, decimals: 1) + " %"
  }

  private func tokensPerSecond(_ run: ProbedRun) -> Double {
    run.timeOfToken > .zero ? .seconds(1) / run.timeOfToken : 0
  }

  private func rate(_ run: ProbedRun) -> String {
    Numbers.fixed(tokensPerSecond(run), decimals: 1)
  }
}

extension PairProbeReport {
  /// Writes the figures as JSON (`schemas/probe.schema.json`).
  public func writeJSON(to output: @escaping (String) -> Void) {
    let agreement = result.agreement
    let value: JSONOutput = .object([
      ("path", .string(path)), ("mode", .string(result.mode.rawValue)),
      ("thread_count", .integer(result.threadCount)),
      ("prompt_token_count", .integer(result.promptTokenCount)),
      (
        "agreement",
        .object([
          ("token_count", .integer(agreement.tokenCount)),
          ("block_length", .integer(result.agreementBlockLength)),
          ("relative_accuracy", Self.json(agreement.relativeAccuracy)),
          ("total_variation", Self.json(agreement.totalVariation)),
        ])
      ),
      ("acceptance", Self.json(result.acceptance)),
      (
        "accepted_up_to",
        .array(result.fixedRuns.indices.map { Self.json(result.acceptance(upTo: $0 + 1)) })
      ),
      ("cost_ratio", Self.json(result.costRatio)),
      ("plain_tokens_per_second", Self.json(tokensPerSecond(result.plain))),
      ("runs", .array(result.runs.map(json))),
      ("best_block_length", result.best?.blockLength.map { .integer($0) } ?? .null),
    ])
    output(value.text(pretty: true) + "\n")
  }

  private func json(_ run: ProbedRun) -> JSONOutput {
    .object([
      ("block_length", run.blockLength.map { .integer($0) } ?? .null),
      ("token_count", .integer(run.tokenCount)),
      ("tokens_per_second", Self.json(tokensPerSecond(run))),
      ("speed_up", Self.json(result.speedUp(run))),
      ("expected_speed_up", Self.json(result.expectedSpeedUp(run))),
      ("block_cost", Self.json(result.blockCost(run))),
      ("drafting", GenerationReport.json(run.drafting)),
    ])
  }

  /// To four decimals.
  private static func json(_ value: Double?) -> JSONOutput {
    value.map { .number(($0 * 10_000).rounded() / 10_000) } ?? .null
  }
}
