import TandemBytes
import TandemModels

/// How the texts of tokens become text: `decoder` in `tokenizer.json`.
struct TokenDecoding: Sendable {
  enum Kind: Sendable {
    /// Characters stand for bytes.
    case byteLevel
    /// U+2581 stands for a space, `<0x0A>` for a byte.
    case spaceMarks
    /// Words are joined by spaces, what has the prefix goes on.
    case wordPieces(prefix: String, cleansUp: Bool)
    case plain
  }

  var kind: Kind
  /// Whether the space that begins a text is left out.
  var stripsSpace = false
  /// Whether a text behind an added token begins like one at the start.
  var marksEachStart = false

  init(_ kind: Kind, stripsSpace: Bool = false, marksEachStart: Bool = false) {
    self.kind = kind
    self.stripsSpace = stripsSpace
    self.marksEachStart = marksEachStart
  }

  /// - Throws: ``Unsupported`` if a decoder is not known, by its name.
  init(_ value: ConfigValue?) throws(Unsupported) {
    self.init(.plain)
    if let value, value != .null { try add(value) }
  }

  private mutating func add(_ value: ConfigValue) throws(Unsupported) {
    let type = value["type"]?.string ?? ""
    switch type {
    case "Sequence":
      for part in value["decoders"]?.elements ?? [] { try add(part) }
    case "ByteLevel": kind = .byteLevel
    case "ByteFallback", "Fuse": break
    case "Replace":
      guard value["pattern"]?["String"]?.string == "\u{2581}", value["content"]?.string == " "
      else { throw Unsupported("a decoder 'Replace' of other than U+2581 by a space") }
      kind = .spaceMarks
    case "Metaspace":
      kind = .spaceMarks
      let scheme = value["prepend_scheme"]?.string
      stripsSpace = scheme.map { $0 != "never" } ?? (value["add_prefix_space"] != .bool(false))
    case "Strip":
      guard value["content"]?.string == " ", value["start"] == .unsigned(1),
        value["stop"] == .unsigned(0)
      else { throw Unsupported("a decoder 'Strip' of other than one space at the start") }
      stripsSpace = true
    case "WordPiece":
      kind = .wordPieces(
        prefix: value["prefix"]?.string ?? "##", cleansUp: value["cleanup"] != .bool(false))
    default: throw Unsupported("the decoder '\(type)'")
    }
  }
}
