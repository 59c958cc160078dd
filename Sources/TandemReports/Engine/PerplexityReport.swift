public import TandemEngine
import TandemJSON

/// How well a model predicts a text.
public struct PerplexityReport: Report, Sendable {
  private let path: String
  private let result: Perplexity

  public init(path: String, _ result: Perplexity) {
    self.path = path
    self.result = result
  }

  /// Writes the figures for a person.
  public func write(_ layout: TextLayout, to output: (String) -> Void) {
    var text = ReportText()
    text.heading(path, level: 1)
    text.facts([
      ("perplexity", Numbers.fixed(result.value, decimals: 4)),
      ("over", Numbers.counted(result.logProbabilities.count, "token")),
    ])
    text.write(layout, to: output)
  }

  /// Writes the figures as JSON (`schemas/bench-perplexity.schema.json`).
  public func writeJSON(to output: @escaping (String) -> Void) {
    let value: JSONOutput = .object([
      ("path", .string(path)), ("perplexity", .number(result.value)),
      ("log_probabilities", .array(result.logProbabilities.map { .number($0) })),
    ])
    output(value.text(pretty: true) + "\n")
  }
}
