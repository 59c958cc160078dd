public import TandemEngine
import TandemJSON

/// What was generated, and how.
public struct GenerationReport: Sendable {
  private let path: String
  private let generation: Generation
  private let text: String

  public init(path: String, _ generation: Generation, text: String) {
    self.path = path
    self.generation = generation
    self.text = text
  }

  /// Writes it as JSON (`schemas/run.schema.json`).
  public func writeJSON(to output: (String) -> Void) {
    let value: JSONOutput = .object([
      ("path", .string(path)), ("text", .string(text)),
      ("tokens", .array(generation.tokens.map { .integer($0) })),
      ("end", .string(generation.end.rawValue)),
      ("prompt_token_count", .integer(generation.promptTokenCount)),
      ("known_token_count", .integer(generation.knownTokenCount)),
      ("first_token_count", .integer(generation.firstTokenCount)),
      ("first_token_milliseconds", Self.milliseconds(generation.timeToFirstToken)),
      ("decoding_milliseconds", Self.milliseconds(generation.decodingTime)),
      ("drafting", Self.json(generation.drafting)),
    ])
    output(value.text(pretty: true) + "\n")
  }

  /// What drafting has gained and cost, null where nothing was drafted.
  static func json(_ drafting: DraftingStatistics) -> JSONOutput {
    guard let length = drafting.meanAcceptedLength else { return .null }
    return .object([
      ("block_count", .integer(drafting.blockCount)),
      ("drafted_count", .integer(drafting.draftedCount)),
      ("accepted_count", .integer(drafting.acceptedCount)),
      ("mean_accepted_length", .number(length)),
      ("drafted_at", .array(drafting.draftedAt.map { .integer($0) })),
      ("accepted_at", .array(drafting.acceptedAt.map { .integer($0) })),
      ("primary", json(drafting.primary)), ("secondary", json(drafting.secondary)),
    ])
  }

  private static func json(_ passes: DraftingStatistics.Passes) -> JSONOutput {
    .object([
      ("pass_count", .integer(passes.count)),
      ("mean_milliseconds", passes.mean.map(milliseconds) ?? .null),
    ])
  }

  private static func milliseconds(_ time: Duration) -> JSONOutput {
    .number((time / .microseconds(1)).rounded() / 1000)
  }
}
