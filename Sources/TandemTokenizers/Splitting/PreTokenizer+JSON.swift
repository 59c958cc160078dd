import TandemModels

extension PreTokenizer {
  /// The rules of `pre_tokenizer` in `tokenizer.json`.
  ///
  /// - Throws: ``Unsupported`` if one of them is not known, by its name.
  init(_ value: ConfigValue?) throws(Unsupported) {
    guard let value, value != .null else { return }
    try add(value)
  }

  private mutating func add(_ value: ConfigValue) throws(Unsupported) {
    let type = value["type"]?.string ?? ""
    switch type {
    case "Sequence":
      for part in value["pretokenizers"]?.elements ?? [] { try add(part) }
    case "ByteLevel":
      if value["add_prefix_space"] == .bool(true) {
        try setPrefix([0x20], .always, type)
      }
      if value["use_regex"] != .bool(false) { rules.append(.words(.gpt2)) }
    case "Digits":
      rules.append(.digits(limit: value["individual_digits"] == .bool(true) ? 1 : .max))
    case "BertPreTokenizer": rules.append(.bert)
    case "WhitespaceSplit": rules.append(.whitespace)
    case "Metaspace": try addMetaspace(value)
    case "Split": rules.append(try Self.splitRule(value))
    default: throw Unsupported("the pre-tokenizer '\(type)'")
    }
  }

  private mutating func setPrefix(
    _ prefix: [UInt8], _ prefixing: Prefixing, _ type: String
  ) throws(Unsupported) {
    guard rules.isEmpty, self.prefix.isEmpty else {
      throw Unsupported("a pre-tokenizer '\(type)' that puts a prefix before each piece")
    }
    self.prefix = prefix
    self.prefixing = prefixing
  }

  private mutating func addMetaspace(_ value: ConfigValue) throws(Unsupported) {
    let replacement = value["replacement"]?.string ?? "\u{2581}"
    guard replacement == "\u{2581}", rules.isEmpty else {
      throw Unsupported("a pre-tokenizer 'Metaspace' other than the first with U+2581")
    }
    marksSpaces = true
    let scheme =
      value["prepend_scheme"]?.string
      ?? (value["add_prefix_space"] == .bool(false) ? "never" : "always")
    let schemes: [String: Prefixing] = ["first": .first, "never": .never, "always": .always]
    guard let prefixing = schemes[scheme] else {
      throw Unsupported("the prepend_scheme '\(scheme)'")
    }
    try setPrefix(Self.spaceMark, prefixing, "Metaspace")
    if value["split"] != .bool(false) { rules.append(.beforeSpaceMark) }
  }

  /// The rule of a `Split`, whose pattern is told by its text.
  private static func splitRule(_ value: ConfigValue) throws(Unsupported) -> SplitRule {
    let behavior = value["behavior"]?.string ?? ""
    let isInverted = value["invert"] == .bool(true)
    let regex = value["pattern"]?["Regex"]?.string
    let text = value["pattern"]?["String"]?.string
    // A pattern that matches everywhere leaves nothing between its matches.
    if let regex, let pattern = wordPatterns[regex],
      behavior == "Isolated" || behavior == "Removed" && isInverted
    {
      return .words(pattern)
    }
    if let regex, let limit = digitPatterns[regex], behavior == "Isolated", !isInverted {
      return .digits(limit: limit)
    }
    if text == " ", behavior == "MergedWithPrevious", !isInverted { return .behindSpace }
    throw Unsupported("the pre-tokenizer 'Split' (\(behavior)) by '\(regex ?? text ?? "")'")
  }

  private static let digitPatterns = [
    #"\p{N}"#: 1, #"\p{N}{1,3}"#: 3, #"\p{N}+"#: Int.max,
  ]

  /// The patterns as model makers write them.
  static let wordPatterns: [String: WordPattern] = {
    let unicode = #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|"#
    let ascii = #"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|"#
    let letters = #"[^\r\n\p{L}\p{N}]?\p{L}+|"#
    let rest = #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    var patterns: [String: WordPattern] = [
      #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#: .gpt2
    ]
    for (head, contractions) in [
      (unicode, WordPattern.Contractions.anyCaseOfUnicode), (ascii, .anyCase),
    ] {
      for (numbers, limit) in [(#"\p{N}"#, 1), (#"\p{N}{1,3}"#, 3), (#"\p{N}+"#, Int.max)] {
        patterns[head + letters + numbers + rest] = WordPattern(
          contractions: contractions, digitLimit: limit)
      }
    }
    return patterns
  }()
}

/// Something that a tokenizer asks for and that is not done here.
struct Unsupported: Error {
  /// What it is, with its name.
  let what: String

  init(_ what: String) { self.what = what }
}
