import TandemBytes
import TandemJSON

extension SafetensorsHeader {
  /// The largest length of a header, in bytes, as in the reference implementation.
  static let byteLimit: UInt64 = 100_000_000

  /// Reads the header of a file and compares it with the file.
  ///
  /// - Parameter isLenient: Whether whitespace may stand before the header's brace.
  /// - Returns: Whether the header was read to its end.
  mutating func read(_ bytes: RawSpan, _ isLenient: Bool) -> Bool {
    guard let byteCount = headerByteCount(of: bytes) else { return false }
    let dataStart = Self.prefixByteCount + byteCount
    self.dataStart = dataStart
    let text = bytes.extracting(Self.prefixByteCount..<dataStart)
    guard checkBeginning(of: text, isLenient: isLenient) else { return false }
    // An entry with its name has about so many bytes; an estimate only, bounded by the file.
    entries.reserveCapacity(text.byteCount / 128)
    names.reserveCapacity(text.byteCount / 128)
    var json = JSONReader(text)
    do throws(JSONFailure) {
      try read(&json)
    } catch {
      report(.notJSON, nil, at: error.offset, "the header is not valid JSON: \(error.message)")
      return false
    }
    guard checkPadding(of: text, from: json.offset) else { return false }
    checkDuplicates(in: text)
    checkRanges(dataStart: dataStart, dataByteCount: bytes.byteCount - dataStart)
    if !findings.hasErrors { checkAlignment(dataStart: dataStart) }
    return true
  }

  /// The length that the file states, nil if there is none or the file cannot hold it.
  private mutating func headerByteCount(of bytes: RawSpan) -> Int? {
    let fileByteCount = bytes.byteCount
    guard fileByteCount >= Self.prefixByteCount else {
      reportFile(
        .tooShort, at: 0, "the file has \(fileByteCount) bytes, its header length alone takes 8",
        remedy: Self.download)
      return nil
    }
    let stated = bytes.littleEndian(UInt64.self, at: 0)
    guard stated <= Self.byteLimit else {
      reportFile(
        .headerTooLong, at: 0,
        "the header length is \(stated), at most \(Self.byteLimit) bytes are allowed")
      return nil
    }
    let remaining = fileByteCount - Self.prefixByteCount
    guard stated <= UInt64(remaining) else {
      reportFile(
        .headerPastEnd, at: 0, "the header length is \(stated), but \(remaining) bytes follow it",
        remedy: Self.download)
      return nil
    }
    return Int(stated)
  }

  /// Checks that the header begins with `{`, behind whitespace if that is allowed.
  private mutating func checkBeginning(of text: RawSpan, isLenient: Bool) -> Bool {
    guard text.byteCount > 0 else {
      reportFile(.noBrace, at: 0, "the header length is 0, the shortest header is '{}'")
      return false
    }
    let first = text.byte(at: 0)
    if first == UInt8(ascii: "{") { return true }
    if text.byteCount >= 3, first == 0xEF, text.byte(at: 1) == 0xBB, text.byte(at: 2) == 0xBF {
      report(.notJSON, nil, at: 0, "the header begins with a byte order mark")
      return false
    }
    let space = (0..<text.byteCount).first { !Self.isWhitespace(text.byte(at: $0)) }
    let isIndented = space.map { text.byte(at: $0) == UInt8(ascii: "{") } ?? false
    if isIndented && isLenient { return true }
    if isIndented, let space {
      report(
        .noBrace, nil, at: 0,
        "the header has whitespace before its brace, which stands at byte \(Self.prefixByteCount + space)",
        remedy: "--lenient accepts that")
    } else {
      report(.noBrace, nil, at: 0, "the header begins with \(first.hexadecimal), not with a brace")
    }
    return false
  }

  /// Checks that only spaces follow the header's object; other whitespace gives a warning.
  private mutating func checkPadding(of text: RawSpan, from start: Int) -> Bool {
    var other: Int?
    for offset in start..<text.byteCount where text.byte(at: offset) != UInt8(ascii: " ") {
      guard Self.isWhitespace(text.byte(at: offset)) else {
        report(
          .notJSON, nil, at: offset,
          "the header goes on after its object with \(text.byte(at: offset).hexadecimal), only "
            + "spaces are allowed")
        return false
      }
      if other == nil { other = offset }
    }
    if let other {
      report(
        .headerPadding, nil, at: other,
        "the header is padded with \(text.byte(at: other).hexadecimal), spaces are expected")
    }
    return true
  }

  /// Whether a byte is whitespace to JSON.
  static func isWhitespace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  private mutating func reportFile(
    _ rule: SafetensorsRule, at offset: Int, _ message: String, remedy: String? = nil
  ) {
    findings.add(Finding(rule, in: file, at: offset, message, remedy: remedy))
  }
}
