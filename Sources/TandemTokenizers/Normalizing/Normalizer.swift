import TandemBytes
import TandemModels

/// What happens to a text before it is cut: `normalizer` in `tokenizer.json`.
struct Normalizer: Sendable {
  private enum Step: Sendable {
    case composed, decomposed, lowercased, withoutAccents
    case replacing([UInt8], with: [UInt8])
    case prepending([UInt8])
    case cleaned, withSpacedChinese
    case stripped(left: Bool, right: Bool)
  }

  private var steps: [Step] = []

  /// A text as it is.
  init() {}

  var isIdentity: Bool { steps.isEmpty }

  /// - Throws: ``Unsupported`` if a step is not known, by its name.
  init(_ value: ConfigValue?) throws(Unsupported) {
    if let value, value != .null { try add(value) }
  }

  private mutating func add(_ value: ConfigValue) throws(Unsupported) {
    let type = value["type"]?.string ?? ""
    switch type {
    case "Sequence":
      for part in value["normalizers"]?.elements ?? [] { try add(part) }
    case "NFC": steps.append(.composed)
    case "NFD": steps.append(.decomposed)
    case "Lowercase": steps.append(.lowercased)
    case "Strip":
      steps.append(
        .stripped(
          left: value["strip_left"] == .bool(true), right: value["strip_right"] == .bool(true)))
    case "Prepend": steps.append(.prepending(Array((value["prepend"]?.string ?? "").utf8)))
    case "Replace":
      guard let text = value["pattern"]?["String"]?.string, !text.isEmpty else {
        throw Unsupported("a normalizer 'Replace' with a regular expression")
      }
      steps.append(
        .replacing(Array(text.utf8), with: Array((value["content"]?.string ?? "").utf8)))
    case "BertNormalizer": addBert(value)
    default: throw Unsupported("the normalizer '\(type)'")
    }
  }

  private mutating func addBert(_ value: ConfigValue) {
    if value["clean_text"] != .bool(false) { steps.append(.cleaned) }
    if value["handle_chinese_chars"] != .bool(false) { steps.append(.withSpacedChinese) }
    let isLowercased = value["lowercase"] != .bool(false)
    let strips = value["strip_accents"].flatMap { $0 == .null ? nil : $0 == .bool(true) }
    if strips ?? isLowercased { steps += [.decomposed, .withoutAccents] }
    if isLowercased { steps.append(.lowercased) }
  }

  /// The text after all steps.
  ///
  /// - Complexity: O(*n*) for each step.
  func normalized(_ text: [UInt8]) -> [UInt8] {
    steps.reduce(text) { Self.apply($1, to: $0) }
  }

  private static func apply(_ step: Step, to text: [UInt8]) -> [UInt8] {
    switch step {
    case .composed: text.isASCII ? text : text.unicodeText.composed
    case .decomposed: text.isASCII ? text : text.unicodeText.decomposed
    case .withoutAccents:
      text.isASCII ? text : text.mapScalars { $0.bertCategory == .nonspacingMark ? "" : nil }
    case .lowercased: text.mapScalars { $0.properties.lowercaseMapping }
    case .replacing(let old, let new): text.replacing(old, with: new)
    case .prepending(let prefix): text.isEmpty ? text : prefix + text
    case .cleaned: text.mapScalars(cleaned)
    case .withSpacedChinese:
      text.isASCII ? text : text.mapScalars { $0.isChinese ? " \($0) " : nil }
    case .stripped(let left, let right): stripped(text, left: left, right: right)
    }
  }

  private static func stripped(_ text: [UInt8], left: Bool, right: Bool) -> [UInt8] {
    var scalars = text.unicodeText.unicodeScalars[...]
    if left { scalars = scalars.drop { $0.properties.isWhitespace } }
    while right, let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
    return Array(String(scalars).utf8)
  }

  /// What BERT makes of a character: nothing of controls, a space of white space.
  private static func cleaned(_ scalar: Unicode.Scalar) -> String? {
    switch scalar {
    case "\t", "\n", "\r": return " "
    case "\0", "\u{FFFD}": return ""
    default: break
    }
    switch scalar.bertCategory {
    case .control, .format, .privateUse: return ""
    default: return scalar.properties.isWhitespace ? " " : nil
    }
  }
}

extension Unicode.Scalar {
  /// The general category in Unicode 8, by which the reference prepares texts for BERT; what came
  /// later is unassigned.
  var bertCategory: Unicode.GeneralCategory {
    switch value {
    // These have changed their category since.
    case 0x166D, 0x111C9: return .otherPunctuation
    case 0x1734, 0x1171E: return .nonspacingMark
    case 0x1885, 0x1886: return .otherLetter
    case 0xA9BD: return .spacingMark
    default: break
    }
    if isASCII { return properties.generalCategory }
    // Private characters are as old as Unicode, and have no age.
    let category = properties.generalCategory
    if category == .privateUse { return category }
    guard let age = properties.age, age.major <= 8 else { return .unassigned }
    return category
  }

  /// Whether BERT puts spaces around it: the blocks of Chinese characters
  /// (`google-research/bert: tokenization.py`).
  fileprivate var isChinese: Bool {
    switch value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
      0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
      true
    default: false
    }
  }
}
