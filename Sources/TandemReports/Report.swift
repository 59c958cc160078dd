/// What a command found out, ready to be written.
public protocol Report {
  /// Writes it for a person.
  func write(_ layout: TextLayout, to output: (String) -> Void)

  /// Writes it as JSON that matches a schema under `schemas/`.
  func writeJSON(to output: @escaping (String) -> Void)
}
