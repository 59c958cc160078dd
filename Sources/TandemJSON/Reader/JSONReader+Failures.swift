import TandemBytes

extension JSONReader {
  /// The failure of a text that has something else at the reader's offset.
  func expected(_ what: String) -> JSONFailure { expected(what, at: offset) }

  /// The failure of a text that has something else at an offset.
  func expected(_ what: String, at offset: Int) -> JSONFailure {
    JSONFailure(.syntax, at: offset, "\(what) is expected, found \(found(at: offset))")
  }

  /// The failure of a valid value that is not the one needed.
  func unexpected(_ what: String, found: String) -> JSONFailure {
    JSONFailure(.unexpectedValue, at: offset, "\(what) is expected, found \(found)")
  }

  /// What stands at an offset, in words.
  private func found(at offset: Int) -> String {
    guard offset < bytes.count else { return "the end of the text" }
    let byte = bytes[offset]
    switch byte {
    case 0x21...0x7E: return "'\(Unicode.Scalar(byte))'"
    case 0xEF where offset == 0: return "a byte order mark"
    default:
      let digits = String(byte, radix: 16, uppercase: true)
      return "the byte 0x\(byte < 16 ? "0" : "")\(digits)"
    }
  }

  /// The beginning of a range of ASCII text.
  func excerpt(_ range: Range<Int>) -> String {
    let end = min(range.upperBound, range.lowerBound + 40)
    var text = ""
    for index in range.lowerBound..<end { text.unicodeScalars.append(Unicode.Scalar(bytes[index])) }
    return end < range.upperBound ? text + "…" : text
  }
}

extension String {
  /// A text from a file, shortened and made printable for a message.
  var excerpt: String {
    let start = unicodeScalars.prefix(80)
    let isWhole = start.endIndex == unicodeScalars.endIndex
    return String(start).printable + (isWhole ? "" : "…")
  }
}
