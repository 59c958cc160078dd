import TandemBytes

/// Reads the directory of a zip archive from the end of the file.
///
/// What makes the rest unreadable ends the reading; everything else is added to ``findings``.
struct ZipDirectory {
  /// An entry, and what only its local header is compared with.
  struct Record {
    var entry: ZipEntry
    let nameRange: Range<Int>
    let headerOffset: Int
    let flags: UInt16
    /// All bytes that the entry takes, with its header and descriptor.
    var wholeRange: Range<Int>
  }

  /// Where the directory is, as the end record says.
  struct Place {
    var entryCount: UInt64
    var byteCount: UInt64
    var offset: UInt64
  }

  static let endByteCount = 22
  static let locatorByteCount = 20
  static let end64ByteCount = 56
  static let recordByteCount = 46
  static let localByteCount = 30

  /// In the order of their bytes.
  private(set) var entries: [Record] = []
  private(set) var findings = Findings()
  /// The path of the archive, for findings.
  private let file: String

  init(file: String) { self.file = file }

  /// Reads the directory, then compares it with the local headers and the archive's extent.
  mutating func read(_ bytes: RawSpan) {
    do throws(Finding) {
      let directory = try directoryRange(bytes)
      try readRecords(bytes, directory.range, count: directory.entryCount)
      checkNames()
      entries.sort { $0.headerOffset < $1.headerOffset }
      for index in entries.indices {
        checkLocalHeader(of: index, bytes, directoryOffset: directory.range.lowerBound)
      }
      if !findings.hasErrors { checkCover(bytes, upTo: directory.range.lowerBound) }
    } catch {
      findings.add(error)
    }
  }

  /// Notes a finding on an entry.
  mutating func report(
    _ rule: ZipRule, _ item: String? = nil, at offset: Int, _ message: @autoclosure () -> String,
    remedy: String? = nil
  ) {
    let file = file
    findings.add(rule) {
      Finding(rule, in: file, item: item?.shortened, at: offset, message(), remedy: remedy)
    }
  }

  func finding(
    _ rule: ZipRule, _ item: String? = nil, at offset: Int, _ message: String,
    remedy: String? = nil
  ) -> Finding {
    Finding(rule, in: file, item: item?.shortened, at: offset, message, remedy: remedy)
  }
}

extension ZipDirectory {
  /// Reads the records; their number is bounded by the directory's bytes.
  private mutating func readRecords(
    _ bytes: RawSpan, _ range: Range<Int>, count: Int
  ) throws(Finding) {
    var cursor = ByteCursor(bytes.extracting(0..<range.upperBound))
    _ = cursor.skip(UInt64(range.lowerBound))
    for number in 0..<count {
      let start = cursor.offset
      guard cursor.remaining >= Self.recordByteCount,
        bytes.littleEndian(UInt32.self, at: start) == 0x0201_4B50
      else {
        throw finding(
          .badEntry, at: start,
          "entry \(number + 1) of \(count) does not begin with 50 4B 01 02, or is cut off")
      }
      _ = cursor.skip(UInt64(Self.recordByteCount))
      let lengths = (0..<3).map { UInt64(bytes.littleEndian(UInt16.self, at: start + 28 + 2 * $0)) }
      guard let name = cursor.skip(lengths[0]), let extra = cursor.skip(lengths[1]),
        cursor.skip(lengths[2]) != nil
      else {
        throw finding(
          .badEntry, at: start, "entry \(number + 1) goes past the end of the directory")
      }
      try add(bytes, at: start, name: name, extra: extra)
    }
    guard cursor.remaining == 0 else {
      throw finding(
        .entryCount, at: cursor.offset,
        "\(cursor.remaining) bytes follow the \(count) entries of the directory")
    }
  }

  /// Adds one record, with its 64-bit numbers.
  private mutating func add(
    _ bytes: RawSpan, at start: Int, name nameRange: Range<Int>, extra: Range<Int>
  ) throws(Finding) {
    let name = bytes.extracting(nameRange)
    let item = name.lossyText
    var extra64 = Zip64Extra(bytes.extracting(extra))
    let plain = extra64.value(bytes.littleEndian(UInt32.self, at: start + 24))
    let stored = extra64.value(bytes.littleEndian(UInt32.self, at: start + 20))
    let offset = extra64.value(bytes.littleEndian(UInt32.self, at: start + 42))
    guard let plain, let stored, let offset else {
      throw finding(.zip64, item, at: start, "its 64-bit sizes are missing or over 2^63-1")
    }
    let flags = bytes.littleEndian(UInt16.self, at: start + 8)
    let number = bytes.littleEndian(UInt16.self, at: start + 10)
    let text = name.utf8Text
    if text == nil || !Self.isSafe(item) {
      report(
        .badName, item, at: start,
        text == nil ? "the name is not UTF-8" : "the name is no plain relative path")
    }
    // Encryption, patched data, strong encryption, masked local headers.
    if flags & 0x2061 != 0 {
      report(
        .encrypted, item, at: start,
        "its flags are 0x\(hexadecimal(flags, digits: 4)): it is encrypted or a patch",
        remedy: "write the archive without encryption")
    }
    guard let method = ZipEntry.Method(rawValue: number) else {
      report(
        .method, item, at: start,
        "its compression method is \(number), 0 (stored) and 8 (deflate) can be read")
      return
    }
    if method == .stored && stored != plain {
      report(.size, item, at: start, "it is stored with \(stored) bytes and has \(plain)")
    }
    if method == .deflated && plain > Inflater.largestPlainByteCount(ofStored: stored) {
      report(
        .ratio, item, at: start, "\(stored) deflated bytes cannot hold \(plain)",
        remedy: "do not load this file")
    }
    entries.append(
      Record(
        entry: ZipEntry(
          name: item, method: method, storedRange: 0..<stored, plainByteCount: plain,
          crc32: bytes.littleEndian(UInt32.self, at: start + 16), directoryOffset: start),
        nameRange: nameRange, headerOffset: offset, flags: flags, wholeRange: 0..<0))
  }

  /// Whether a name is a relative path that stays where it is; a folder's ends in a slash.
  ///
  /// Colons occur in the names of TensorFlow's variables.
  private static func isSafe(_ name: String) -> Bool {
    let path = name.hasSuffix("/") ? String(name.dropLast()) : name
    let isDrive = path.utf8.dropFirst().first == UInt8(ascii: ":")
    return !isDrive && path.unicodeScalars.allSatisfy(\.isPrintable)
      && Paths.isSafeRelative(String(path.map { $0 == ":" ? "_" : $0 }))
  }

  private mutating func checkNames() {
    var seen: [ExactText: Int] = [:]
    for record in entries {
      let offset = record.entry.directoryOffset
      if let first = seen.updateValue(offset, forKey: ExactText(record.entry.name)) {
        report(
          .duplicateName, record.entry.name, at: offset,
          "another entry has this name, at byte \(first)")
      }
    }
  }

  /// Gives an entry its place, once its local header is known.
  mutating func place(_ index: Int, stored: Range<Int>) {
    let entry = entries[index].entry
    entries[index].entry = ZipEntry(
      name: entry.name, method: entry.method, storedRange: stored,
      plainByteCount: entry.plainByteCount, crc32: entry.crc32,
      directoryOffset: entry.directoryOffset)
    entries[index].wholeRange = entries[index].headerOffset..<stored.upperBound
  }
}

/// The 64-bit numbers of an entry, which stand in the order of the 32-bit ones that they replace.
struct Zip64Extra: ~Escapable {
  private var cursor: ByteCursor

  /// Looks for the field with the number 1 among an entry's extra fields.
  @_lifetime(copy extra)
  init(_ extra: RawSpan) {
    var fields = ByteCursor(extra)
    var found = 0..<0
    while let id = fields.next(UInt16.self), let length = fields.next(UInt16.self),
      let range = fields.skip(UInt64(length))
    {
      if id == 1 && found.isEmpty { found = range }
    }
    cursor = ByteCursor(extra.extracting(found))
  }

  /// The number itself, or the 64-bit one if it says so; nil if that is missing or over 2^63-1.
  mutating func value(_ short: UInt32) -> Int? {
    if short != .max { return Int(short) }
    return cursor.next(UInt64.self).flatMap { Int(exactly: $0) }
  }
}
