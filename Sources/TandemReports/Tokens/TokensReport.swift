import TandemBytes
import TandemJSON
import TandemModels
public import TandemTokenizers

/// The tokens of a text.
public struct TokensReport: Report, Sendable {
  /// What a person sees.
  public enum Form: Sendable {
    /// A line for each token: its id and its text.
    case table
    /// The ids, with spaces between them.
    case ids
    /// The text that the tokens stand for, and nothing else.
    case text
  }

  private let path: String
  private let tokenizer: Tokenizer
  private let ids: [Int]
  private let form: Form
  private let skipsSpecial: Bool

  /// - Parameter skipsSpecial: Whether special tokens give no text.
  public init(
    path: String, _ tokenizer: Tokenizer, ids: [Int], form: Form, skippingSpecial skipsSpecial: Bool
  ) {
    self.path = path
    self.tokenizer = tokenizer
    self.ids = ids
    self.form = form
    self.skipsSpecial = skipsSpecial
  }

  /// Writes the tokens for a person, or for a pipe.
  public func write(_ layout: TextLayout, to output: (String) -> Void) {
    switch form {
    case .table:
      let tokens = tokenizer.vocabulary.tokens
      for id in ids {
        let text = id < tokens.count ? tokens.text(id).printable : ""
        output("\(id)\t\(text)\n")
      }
    case .ids:
      var separator = ""
      for id in ids {
        output("\(separator)\(id)")
        separator = " "
      }
      output("\n")
    case .text:
      var decoder = tokenizer.decoder(skippingSpecial: skipsSpecial)
      for id in ids { output(decoder.append(id)) }
      output(decoder.finish())
    }
  }

  /// Writes the tokens and their text as JSON (`schemas/tokenize.schema.json`).
  public func writeJSON(to output: @escaping (String) -> Void) {
    var stream = JSONStream(pretty: true, to: output)
    stream.beginObject()
    stream.write(.string(path), key: "path")
    stream.write(.integer(ids.count), key: "token_count")
    stream.beginArray(key: "ids")
    for id in ids { stream.write(.integer(id)) }
    stream.end()
    let text = tokenizer.decode(ids, skippingSpecial: skipsSpecial)
    stream.write(.string(text), key: "text")
    stream.end()
    output("\n")
  }
}
