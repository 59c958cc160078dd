internal import TandemBytes

extension GGUFParser {
  /// The key–value pairs of one file, and where each key stands among them.
  struct Entries {
    var all: [GGUFMetadata.Entry] = []
    var indices: [ExactText: Int] = [:]
    /// The alignment of tensor data, nil if the file states one that is not allowed.
    var alignment: Int? = 32
  }

  /// Reads all pairs.
  ///
  /// - Parameter count: Their number; nil if they go on to the end of the bytes.
  mutating func entries(count: Int?) throws(Finding) -> Entries {
    var entries = Entries()
    let capacity = min(count ?? 0, cursor.remaining / Self.smallestEntryByteCount)
    entries.all.reserveCapacity(capacity)
    entries.indices.reserveCapacity(capacity)
    var index = 0
    while index < count ?? .max, count != nil || cursor.remaining > 0 {
      index += 1
      let start = cursor.offset
      let key = name(at: try nextString("the key"), limit: 65_535)
      let type = try valueType("the value type", of: key.text)
      let valueStart = cursor.offset
      let value = try value(type, of: key.text)
      if let flaw = key.flaw {
        report(.badKey, key.text, at: start, "the key \(flaw)")
        continue
      }
      let exactKey = ExactText(key.text)
      if let index = entries.indices[exactKey] {
        let first = entries.all[index].byteRange.lowerBound
        report(.duplicateKey, key.text, at: start, "the key stands twice, first at byte \(first)")
        continue
      }
      checkStyle(of: key.text, at: start)
      entries.indices[exactKey] = entries.all.count
      entries.all.append(
        GGUFMetadata.Entry(
          key: key.text, type: type, value: value, byteRange: start..<cursor.offset,
          valueByteRange: valueStart..<cursor.offset))
    }
    if let index = entries.indices[ExactText("general.alignment")] {
      entries.alignment = alignment(entries.all[index])
    }
    return entries
  }

  /// Warns of a key that other readers will not look for.
  private mutating func checkStyle(of key: String, at offset: Int) {
    var previous = UInt8(ascii: ".")
    var isGood = true
    for byte in key.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "_"), UInt8(ascii: "-"):
        break
      case UInt8(ascii: "."): isGood = isGood && previous != byte
      default: isGood = false
      }
      previous = byte
    }
    if isGood && previous != UInt8(ascii: ".") { return }
    report(
      .keyStyle, key, at: offset,
      "the key is not made of words of a-z, 0-9, _ and - joined by single dots")
  }

  private mutating func alignment(_ entry: GGUFMetadata.Entry) -> Int? {
    let offset = entry.byteRange.lowerBound
    guard entry.type == .uint32, case .unsigned(let value) = entry.value else {
      report(
        .alignment, entry.key, at: offset,
        "the alignment is of type \(entry.type), uint32 is allowed")
      return nil
    }
    guard value.nonzeroBitCount == 1, value <= 1 << 20 else {
      report(
        .alignment, entry.key, at: offset,
        "the alignment is \(value), a power of two from 1 to 1048576 is allowed")
      return nil
    }
    if value < 8 {
      report(
        .smallAlignment, entry.key, at: offset,
        "the alignment is \(value), GGUF asks for a multiple of 8",
        remedy: "write the file again with an alignment of 32")
    }
    return Int(value)
  }
}
