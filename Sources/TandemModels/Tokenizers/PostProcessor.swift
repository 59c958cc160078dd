/// What `tokenizer.json` puts before and behind a text.
struct PostProcessor {
  /// The texts of the special tokens before one text.
  private(set) var before: [String] = []
  /// The texts of the special tokens behind it.
  private(set) var behind: [String] = []
  /// Whether the file says anything of it.
  private(set) var isKnown = false

  init(_ value: ConfigValue?) {
    if let value { read(value) }
  }

  private mutating func read(_ value: ConfigValue) {
    guard let members = value.members, let type = members["type"]?.value.string else { return }
    switch type {
    case "Sequence":
      if case .list(let parts)? = members["processors"]?.value { parts.forEach { read($0) } }
    case "TemplateProcessing":
      isKnown = true
      if case .list(let pieces)? = members["single"]?.value { readTemplate(pieces) }
    case "BertProcessing", "RobertaProcessing":
      isKnown = true
      before = [Self.text(of: members["cls"]?.value)].compactMap(\.self)
      behind = [Self.text(of: members["sep"]?.value)].compactMap(\.self)
    default: break
    }
  }

  private mutating func readTemplate(_ pieces: [ConfigValue]) {
    var isBehind = false
    for piece in pieces {
      if piece.members?["Sequence"] != nil { isBehind = true }
      guard let token = piece.members?["SpecialToken"]?.value.members?["id"]?.value.string else {
        continue
      }
      if isBehind { behind.append(token) } else { before.append(token) }
    }
  }

  /// The text of a pair such as `["[CLS]", 101]`.
  private static func text(of value: ConfigValue?) -> String? {
    if case .list(let parts)? = value { parts.first?.string } else { nil }
  }
}
