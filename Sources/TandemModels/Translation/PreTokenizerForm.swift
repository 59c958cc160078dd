/// How a byte-level tokenizer cuts a text before it merges, in the words of both conventions.
///
/// GGUF has a name for it, `tokenizer.json` a description; each row says that they are the same.
/// Names and patterns: `llm_tokenizer_bpe` in llama.cpp, and the tokenizers of the models that the
/// names are taken from.
public struct PreTokenizerForm: Sendable {
  /// A part of `pre_tokenizer`.
  public enum Step: Hashable, Sendable {
    /// Pieces are the matches of a pattern and what lies between them.
    case split(String)
    /// Numbers are pieces; single digits if they are told apart.
    case digits(areIndividual: Bool)
    /// Bytes are written as characters, after cutting by GPT-2's pattern if it has one.
    case byteLevel(hasPattern: Bool)
  }

  /// In GGUF; the first is written.
  let names: [String]
  public let steps: [Step]
  /// The type of the normalizer that the models have, which llama.cpp does without.
  var normalizer: String? = nil
  /// Whether a piece that is a token is not made by merging.
  public var ignoresMerges = false

  static let all: [PreTokenizerForm] = [
    PreTokenizerForm(
      names: ["gpt-2", "phi-2", "olmo", "jais", "roberta-bpe"],
      steps: [.byteLevel(hasPattern: true)]),
    PreTokenizerForm(
      names: ["mpt"], steps: [.byteLevel(hasPattern: true)], normalizer: "NFC"),
    PreTokenizerForm(
      names: ["smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"],
      steps: [.digits(areIndividual: true), .byteLevel(hasPattern: true)]),
    PreTokenizerForm(
      names: ["qwen2", "stablelm2", "hunyuan", "megrez", "deepseek-r1-qwen"],
      steps: [.split(words(#"\p{N}"#)), .byteLevel(hasPattern: false)], normalizer: "NFC"),
    PreTokenizerForm(
      names: ["llama-bpe", "llama3", "llama-v3", "falcon3"],
      steps: [.split(words(#"\p{N}{1,3}"#)), .byteLevel(hasPattern: false)], ignoresMerges: true),
    PreTokenizerForm(
      names: ["dbrx", "smaug-bpe"],
      steps: [.split(words(#"\p{N}{1,3}"#)), .byteLevel(hasPattern: false)]),
    PreTokenizerForm(
      names: ["tekken"],
      steps: [
        .split(casedWords(contractions: "", numbers: #"\p{N}"#)), .byteLevel(hasPattern: false),
      ],
      ignoresMerges: true),
    PreTokenizerForm(
      names: ["gpt-4o", "llama4"],
      steps: [
        .split(casedWords(contractions: anyCase + "?", numbers: #"\p{N}{1,3}"#)),
        .byteLevel(hasPattern: false),
      ]),
  ]

  /// The row of a name in GGUF, nil if it is not known.
  public static func named(_ name: String) -> PreTokenizerForm? {
    all.first { $0.names.contains(name) }
  }

  private static let anyCase = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"

  /// The pattern of GPT-4's tokenizer (cl100k), with another rule for numbers.
  private static func words(_ numbers: String) -> String {
    anyCase + #"|[^\r\n\p{L}\p{N}]?\p{L}+|"# + numbers
      + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }

  /// The pattern of GPT-4o's tokenizer (o200k), which also cuts where lower case becomes upper.
  private static func casedWords(contractions: String, numbers: String) -> String {
    let (upper, lower) = (#"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#, #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#)
    let before = #"[^\r\n\p{L}\p{N}]?"#
    return "\(before)\(upper)*\(lower)+\(contractions)|\(before)\(upper)+\(lower)*\(contractions)|"
      + numbers + #"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }

  /// Another spelling of the contractions, for engines without `(?i:`.
  fileprivate static let spelledOutContractions =
    "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"

  fileprivate static func canonical(_ pattern: String) -> String {
    guard let rest = pattern.dropping(prefix: spelledOutContractions) else { return pattern }
    return anyCase + rest
  }
}

extension PreTokenizerForm {
  /// The row of a description, nil if it is not known.
  ///
  /// - Parameters:
  ///   - value: `pre_tokenizer`.
  ///   - normalizer: The type of the normalizer, which decides between rows that cut alike.
  static func described(
    by value: ConfigValue?, normalizer: String?, ignoresMerges: Bool
  ) -> PreTokenizerForm? {
    guard let value, let steps = steps(value) else { return nil }
    let rows = all.filter { $0.steps == steps }
    let exact = rows.first {
      $0.ignoresMerges == ignoresMerges && $0.normalizer == normalizer
    }
    return exact ?? rows.first { $0.ignoresMerges == ignoresMerges } ?? rows.first
  }

  /// The steps of a description, nil if one of them is not known.
  private static func steps(_ value: ConfigValue) -> [Step]? {
    switch value["type"]?.string {
    case "Sequence":
      var all: [Step] = []
      for part in value["pretokenizers"]?.elements ?? [] {
        guard let steps = steps(part) else { return nil }
        all += steps
      }
      return all
    case "ByteLevel":
      if value["add_prefix_space"] == .bool(true) { return nil }
      return [.byteLevel(hasPattern: value["use_regex"] != .bool(false))]
    case "Digits": return [.digits(areIndividual: value["individual_digits"] == .bool(true))]
    case "Split":
      // A pattern that matches everywhere leaves nothing between its matches.
      let isInverted = value["invert"] == .bool(true)
      guard let pattern = value["pattern"]?["Regex"]?.string,
        value["behavior"]?.string == (isInverted ? "Removed" : "Isolated")
      else { return nil }
      return [.split(canonical(pattern))]
    default: return nil
    }
  }
}
