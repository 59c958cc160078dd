import TandemBytes

extension ZipDirectory {
  /// Compares an entry with its local header, and finds its bytes behind that.
  mutating func checkLocalHeader(of index: Int, _ bytes: RawSpan, directoryOffset: Int) {
    let record = entries[index]
    let (entry, start) = (record.entry, record.headerOffset)
    guard start <= directoryOffset - Self.localByteCount,
      bytes.littleEndian(UInt32.self, at: start) == 0x0403_4B50
    else {
      return report(
        .outside, entry.name, at: entry.directoryOffset,
        "no local header (50 4B 03 04) lies at byte \(start), before the directory")
    }
    let nameEnd = start + Self.localByteCount + Int(bytes.littleEndian(UInt16.self, at: start + 26))
    let dataStart = nameEnd + Int(bytes.littleEndian(UInt16.self, at: start + 28))
    let (dataEnd, overflow) = dataStart.addingReportingOverflow(entry.storedRange.count)
    guard !overflow, dataEnd <= directoryOffset else {
      return report(
        .outside, entry.name, at: entry.directoryOffset,
        "its \(entry.storedRange.count) bytes from byte \(dataStart) on go past the directory at byte \(directoryOffset)"
      )
    }
    place(index, stored: dataStart..<dataEnd)
    if let flaw = Self.flaw(
      of: record, bytes, name: start + Self.localByteCount..<nameEnd, extra: nameEnd..<dataStart)
    {
      report(
        .localHeader, entry.name, at: start,
        "its local header has another \(flaw) than the directory",
        remedy: "do not load this file: readers disagree on it")
    }
  }

  /// What a local header says otherwise than the directory.
  private static func flaw(
    of record: Record, _ bytes: RawSpan, name: Range<Int>, extra: Range<Int>
  ) -> String? {
    let (entry, start) = (record.entry, record.headerOffset)
    guard bytes.extracting(name).equals(bytes.extracting(record.nameRange)) else { return "name" }
    guard bytes.littleEndian(UInt16.self, at: start + 8) == entry.method.rawValue else {
      return "compression method"
    }
    let flags = bytes.littleEndian(UInt16.self, at: start + 6)
    // What must agree: encryption, the descriptor, patches, the encoding of the name.
    // Of one that the directory calls encrypted nothing more needs to be said.
    guard record.flags & 0x2061 != 0 || (flags ^ record.flags) & 0x2869 == 0 else {
      return "set of flags"
    }
    let crc32 = bytes.littleEndian(UInt32.self, at: start + 14)
    var extra64 = Zip64Extra(bytes.extracting(extra))
    let plain = extra64.value(bytes.littleEndian(UInt32.self, at: start + 22))
    let stored = extra64.value(bytes.littleEndian(UInt32.self, at: start + 18))
    // With a descriptor they may be unknown yet.
    let isUnknown = flags & 8 != 0 && crc32 == 0 && stored == 0 && plain == 0
    if isUnknown { return nil }
    guard plain == entry.plainByteCount, stored == entry.storedRange.count else { return "size" }
    // Some writers know the sizes and put the checksum behind the bytes.
    return crc32 == entry.crc32 || (flags & 8 != 0 && crc32 == 0) ? nil : "checksum"
  }

  /// Entries must cover the archive without overlap; what they leave out may hide something.
  mutating func checkCover(_ bytes: RawSpan, upTo directoryOffset: Int) {
    var covered = 0
    for index in entries.indices {
      let record = entries[index]
      let start = record.headerOffset
      if start < covered {
        let other = entries[index - 1].entry.name.shortened
        report(.overlap, record.entry.name, at: start, "it overlaps the entry '\(other)'")
      } else if start > covered {
        reportHidden(covered..<start)
      }
      let next = index + 1 < entries.count ? entries[index + 1].headerOffset : directoryOffset
      covered = max(
        covered, record.wholeRange.upperBound + descriptorByteCount(of: record, bytes, next))
    }
    if covered < directoryOffset { reportHidden(covered..<directoryOffset) }
  }

  private mutating func reportHidden(_ range: Range<Int>) {
    report(
      .hiddenBytes, at: range.lowerBound,
      "\(range.count) byte\(range.count == 1 ? " belongs" : "s belong") to no entry")
  }

  /// The length of an entry's data descriptor: checksum and sizes again, with or without a
  /// signature, in 32 or 64 bits. 0 if there is none that agrees.
  private func descriptorByteCount(of record: Record, _ bytes: RawSpan, _ next: Int) -> Int {
    guard record.flags & 8 != 0 else { return 0 }
    let start = record.wholeRange.upperBound
    let (plain, stored) = (record.entry.plainByteCount, record.entry.storedRange.count)
    for (signature, width) in [(4, 8), (4, 4), (0, 8), (0, 4)] {
      let byteCount = signature + 4 + 2 * width
      guard start + byteCount <= next else { continue }
      if signature == 4 && bytes.littleEndian(UInt32.self, at: start) != 0x0807_4B50 { continue }
      let sizes = start + signature + 4
      let isRight =
        width == 8
        ? bytes.littleEndian(UInt64.self, at: sizes) == UInt64(stored)
          && bytes.littleEndian(UInt64.self, at: sizes + 8) == UInt64(plain)
        : Int(bytes.littleEndian(UInt32.self, at: sizes)) == stored
          && Int(bytes.littleEndian(UInt32.self, at: sizes + 4)) == plain
      if isRight && bytes.littleEndian(UInt32.self, at: start + signature) == record.entry.crc32 {
        return byteCount
      }
    }
    return 0
  }
}
