internal import TandemBytes

/// Reads one GGUF file from front to back; its layout stands at the top of `GGUFReader.swift`.
///
/// What makes the rest unreadable is thrown; everything else is added to ``findings``.
struct GGUFParser: ~Escapable {
  /// The largest string, in bytes, and the largest array, in elements, that are accepted.
  static let stringLimit = 16 << 20
  static let arrayLimit = 64 << 20
  static let incomplete = "copy or download the file again, it is not complete"

  /// The fixed header: magic, version and the two counts.
  static let fixedHeaderByteCount = 24
  /// An empty key, its type and a value of one byte.
  static let smallestEntryByteCount = 8 + 4 + 1
  /// An empty name, no dimensions, type and offset.
  static let smallestTensorByteCount = 8 + 4 + 4 + 8

  let path: String
  let isLenient: Bool
  var cursor: ByteCursor
  var findings = Findings()

  @_lifetime(copy bytes)
  init(_ bytes: RawSpan, path: String, isLenient: Bool) {
    self.path = path
    self.isLenient = isLenient
    self.cursor = ByteCursor(bytes)
  }

  var bytes: RawSpan {
    @_lifetime(copy self)
    get { cursor.bytes }
  }

  /// Adds a finding. Once enough of a rule's are kept, the message is no longer made: a hostile
  /// file has millions.
  mutating func report(
    _ rule: GGUFRule, _ item: String? = nil, at offset: Int? = nil,
    _ message: @autoclosure () -> String, remedy: String? = nil
  ) {
    let isKept = findings.counts[rule.rawValue, default: 0] < Findings.limitPerCode
    let text = isKept ? message() : ""
    findings.add(Finding(rule, in: path, item: item, at: offset, text, remedy: remedy))
  }

  func finding(
    _ rule: GGUFRule, _ item: String? = nil, at offset: Int, _ message: String,
    remedy: String? = nil
  ) -> Finding {
    Finding(rule, in: path, item: item, at: offset, message, remedy: remedy)
  }
}

extension GGUFParser {
  /// Reads the fixed header.
  ///
  /// - Returns: Version, number of tensors and number of keys; the counts are bounded by the file's
  ///   size.
  mutating func fixedHeader() throws(Finding) -> (version: Int, tensorCount: Int, keyCount: Int) {
    if bytes.byteCount >= 4 && !GGUFMagic.isGGUF(bytes) { throw notGGUF() }
    guard bytes.byteCount >= Self.fixedHeaderByteCount else {
      throw finding(
        .tooShort, at: 0,
        "the file has \(bytes.byteCount) bytes, a GGUF file has at least \(Self.fixedHeaderByteCount)",
        remedy: Self.incomplete)
    }
    _ = cursor.skip(4)
    let version = try checkedVersion()
    let tensorCount = try count(
      .tensorCount, "tensor count", smallestItemByteCount: Self.smallestTensorByteCount)
    let keyCount = try count(
      .keyCount, "key count", smallestItemByteCount: Self.smallestEntryByteCount)
    return (version, tensorCount, keyCount)
  }

  private func notGGUF() -> Finding {
    let found = GGUFMagic.hexadecimal(bytes)
    let relative = GGUFMagic.relative(bytes)
    let phrase = relative.map { " (\($0))" } ?? ""
    return finding(
      .notMagic, at: 0, "the file begins with \(found)\(phrase), GGUF with 47 47 55 46",
      remedy: relative == nil ? nil : "convert the model again from its source")
  }

  private mutating func checkedVersion() throws(Finding) -> Int {
    let start = cursor.offset
    let version = try next(UInt32.self, "the version")
    // A version is small: with its low half empty it is one in the other byte order.
    if version != 0 && version & 0xFFFF == 0 {
      throw finding(
        .bigEndian, at: start,
        "the version is \(version), \(version.byteSwapped) in a big-endian file; little-endian files can be read",
        remedy: "convert it with gguf-convert-endian")
    }
    guard version == 2 || version == 3 else {
      throw finding(
        .version, at: start, "the version is \(version), 2 and 3 can be read",
        remedy: version == 1 ? "convert the model again from its source" : nil)
    }
    return Int(version)
  }

  /// Reads a count and bounds it by the bytes that follow the fixed header.
  private mutating func count(
    _ rule: GGUFRule, _ what: String, smallestItemByteCount: Int
  ) throws(Finding) -> Int {
    let start = cursor.offset
    let count = try next(UInt64.self, what)
    let available = bytes.byteCount - Self.fixedHeaderByteCount
    let limit = available / smallestItemByteCount
    guard count <= UInt64(limit) else {
      throw finding(
        rule, at: start,
        "the \(what) is \(count), the \(available) bytes after the fixed header hold at most \(limit)"
      )
    }
    return Int(count)
  }
}

extension GGUFParser {
  /// Reads an integer.
  ///
  /// - Parameter what: What it is, for the message if the file ends before.
  mutating func next<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type, _ what: @autoclosure () -> String, of item: String? = nil
  ) throws(Finding) -> Value {
    if let value = cursor.next(type) { return value }
    throw truncated(what(), takes: UInt64(MemoryLayout<Value>.size), of: item)
  }

  /// Moves over a string's length and bytes and returns the range of the bytes.
  mutating func nextString(
    _ what: @autoclosure () -> String, of item: String? = nil
  ) throws(Finding) -> Range<Int> {
    let byteCount = try next(UInt64.self, "the length of \(what())", of: item)
    if let range = cursor.skip(byteCount) { return range }
    throw truncated(what(), takes: byteCount, of: item)
  }

  func truncated(_ what: String, takes byteCount: UInt64, of item: String?) -> Finding {
    finding(
      .truncatedHeader, item, at: cursor.offset,
      "\(what) takes \(byteCount) bytes, \(cursor.remaining) remain", remedy: Self.incomplete)
  }

  /// The text of a key or a tensor's name, and what is wrong with it; it is shortened if it is over
  /// the limit.
  func name(at range: Range<Int>, limit: Int) -> (text: String, flaw: String?) {
    if range.count > limit {
      let beginning = bytes.extracting(range.prefix(60)).lossyText + "…"
      return (beginning, "has \(range.count) bytes, at most \(limit) are allowed")
    }
    guard let text = bytes.extracting(range).utf8Text else {
      return (bytes.extracting(range).lossyText, "is not UTF-8")
    }
    if text.isEmpty { return (text, "is empty") }
    let control = text.unicodeScalars.first { !$0.isPrintable }
    let flaw = control.map { "holds the control character U+\(hexadecimal($0.value, digits: 4))" }
    return (text, flaw)
  }
}

/// The number in upper-case hexadecimal digits, at least so many.
func hexadecimal(_ number: some BinaryInteger, digits: Int) -> String {
  let text = String(number, radix: 16, uppercase: true)
  return String(repeating: "0", count: max(0, digits - text.count)) + text
}
