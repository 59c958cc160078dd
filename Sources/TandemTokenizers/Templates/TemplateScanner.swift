/// Cuts a template into texts and tags, with the white space around tags that Jinja leaves out
/// under `trim_blocks` and `lstrip_blocks`, as chat templates are rendered.
///
/// Source: Jinja 3.1, `lexer.py`.
struct TemplateScanner {
  enum Piece {
    case text(String)
    /// The inside of `{{ … }}`.
    case print(Range<Int>)
    /// The inside of `{% … %}`.
    case statement(Range<Int>)
  }

  let bytes: [UInt8]
  private var position = 0
  /// Whether what comes next begins a line.
  private var isLineStart = true

  /// - Parameter source: Line ends become line feeds; one at the end is left out.
  init(_ source: String) {
    var bytes: [UInt8] = []
    var previous: UInt8 = 0
    for byte in source.utf8 {
      if byte == 0x0D {
        bytes.append(0x0A)
      } else if !(byte == 0x0A && previous == 0x0D) {
        bytes.append(byte)
      }
      previous = byte
    }
    if bytes.last == 0x0A { bytes.removeLast() }
    self.bytes = bytes
  }

  /// All pieces, in order.
  mutating func pieces() throws(FailureAt) -> [Piece] {
    var pieces: [Piece] = []
    while position < bytes.count {
      let start = position
      let tag = firstTag(from: start)
      appendText(start..<tag, to: &pieces)
      position = tag
      guard tag < bytes.count else { break }
      switch bytes[tag + 1] {
      case UInt8(ascii: "#"): try skipComment()
      case UInt8(ascii: "{"): pieces.append(.print(try inside(UInt8(ascii: "}"))))
      default: try appendStatement(to: &pieces)
      }
    }
    return pieces
  }

  /// The offset of the next `{{`, `{%` or `{#`, or the end.
  private func firstTag(from start: Int) -> Int {
    var offset = start
    while offset + 1 < bytes.count {
      if bytes[offset] == UInt8(ascii: "{"), isTagMark(bytes[offset + 1]) { return offset }
      offset += 1
    }
    return bytes.count
  }

  private func isTagMark(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "{") || byte == UInt8(ascii: "%") || byte == UInt8(ascii: "#")
  }

  /// Appends the text before a tag, without what the tag takes of it.
  private func appendText(_ range: Range<Int>, to pieces: inout [Piece]) {
    var end = range.upperBound
    let tag = range.upperBound
    if tag + 2 < bytes.count, bytes[tag + 2] == UInt8(ascii: "-") {
      while end > range.lowerBound, bytes[end - 1].isSpace { end -= 1 }
    } else if tag + 1 < bytes.count, bytes[tag + 1] != UInt8(ascii: "{"),
      tag + 2 >= bytes.count || bytes[tag + 2] != UInt8(ascii: "+")
    {
      end = startOfIndent(range)
    }
    if end > range.lowerBound {
      pieces.append(.text(String(decoding: bytes[range.lowerBound..<end], as: UTF8.self)))
    }
  }

  /// Where the white space begins that is alone between a line's start and a tag; the tag, if
  /// there is anything else.
  private func startOfIndent(_ range: Range<Int>) -> Int {
    var start = range.upperBound
    while start > range.lowerBound, bytes[start - 1] != 0x0A {
      guard bytes[start - 1].isSpace else { return range.upperBound }
      start -= 1
    }
    return start > range.lowerBound || isLineStart ? start : range.upperBound
  }

  private mutating func skipComment() throws(FailureAt) {
    let start = position
    var offset = start + 2
    while offset + 1 < bytes.count {
      if bytes[offset] == UInt8(ascii: "#"), bytes[offset + 1] == UInt8(ascii: "}") {
        leave(at: offset, sign: offset > start + 2 ? bytes[offset - 1] : 0, trimsLine: true)
        return
      }
      offset += 1
    }
    throw FailureAt(offset: start, message: "the comment has no end '#}'")
  }

  /// Moves over a tag's end and the white space that it takes.
  private mutating func leave(at end: Int, sign: UInt8, trimsLine: Bool) {
    position = end + 2
    if sign == UInt8(ascii: "-") {
      while position < bytes.count, bytes[position].isSpace { position += 1 }
    } else if trimsLine, sign != UInt8(ascii: "+"), position < bytes.count, bytes[position] == 0x0A
    {
      position += 1
    }
    isLineStart = bytes[position - 1] == 0x0A
  }

  /// Moves over a tag, and returns what is between its marks and signs.
  private mutating func inside(_ close: UInt8) throws(FailureAt) -> Range<Int> {
    let start = position
    var first = start + 2
    if first < bytes.count, bytes[first] == UInt8(ascii: "-") || bytes[first] == UInt8(ascii: "+") {
      first += 1
    }
    let end = try endOfTag(from: first, close, start)
    let sign = end > first ? bytes[end - 1] : 0
    let isSigned =
      sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") && close == UInt8(ascii: "%")
    leave(at: end, sign: isSigned ? sign : 0, trimsLine: close == UInt8(ascii: "%"))
    return first..<(isSigned ? end - 1 : end)
  }

  /// The offset of `%}` or `}}` outside of strings and brackets.
  private func endOfTag(
    from first: Int, _ close: UInt8, _ start: Int
  ) throws(FailureAt) -> Int {
    var offset = first
    var depth = 0
    while offset + 1 < bytes.count {
      let byte = bytes[offset]
      switch byte {
      case UInt8(ascii: "'"), UInt8(ascii: "\""):
        offset = try endOfString(from: offset)
        continue
      case close where depth == 0 && bytes[offset + 1] == UInt8(ascii: "}"): return offset
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
      default: break
      }
      offset += 1
    }
    throw FailureAt(
      offset: start, message: "the tag has no end '\(close == UInt8(ascii: "%") ? "%}" : "}}")'")
  }

  /// The offset behind a string's closing quote.
  private func endOfString(from start: Int) throws(FailureAt) -> Int {
    var offset = start + 1
    while offset < bytes.count {
      if bytes[offset] == bytes[start] { return offset + 1 }
      offset += bytes[offset] == UInt8(ascii: "\\") ? 2 : 1
    }
    throw FailureAt(offset: start, message: "the string has no closing quote")
  }

  /// Appends a statement's inside; of `raw`, the text up to `endraw`.
  private mutating func appendStatement(to pieces: inout [Piece]) throws(FailureAt) {
    let start = position
    let range = try inside(UInt8(ascii: "%"))
    guard words(range) == "raw" else { return pieces.append(.statement(range)) }
    let first = position
    var tag = firstTag(from: first)
    while tag < bytes.count {
      position = tag
      if bytes[tag + 1] == UInt8(ascii: "%"), let range = try? inside(UInt8(ascii: "%")),
        words(range) == "endraw"
      {
        appendText(first..<tag, to: &pieces)
        return
      }
      tag = firstTag(from: tag + 2)
    }
    throw FailureAt(offset: start, message: "'raw' has no 'endraw'")
  }

  private func words(_ range: Range<Int>) -> String {
    String(decoding: bytes[range].filter { !$0.isSpace }, as: UTF8.self)
  }
}

extension UInt8 {
  /// Whether it is ASCII white space, as Python's `str.strip` takes it.
  var isSpace: Bool { 0x09...0x0D ~= self || 0x1C...0x20 ~= self }
}
