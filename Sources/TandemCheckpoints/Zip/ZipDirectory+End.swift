import TandemBytes

extension ZipDirectory {
  /// Finds the directory by the end record, or by the 64-bit one before it.
  ///
  /// - Returns: The directory's bytes, and a number of entries that they can hold.
  func directoryRange(_ bytes: RawSpan) throws(Finding) -> (range: Range<Int>, entryCount: Int) {
    let end = try endOffset(bytes)
    let disks = (
      bytes.littleEndian(UInt16.self, at: end + 4), bytes.littleEndian(UInt16.self, at: end + 6)
    )
    let counts = (
      bytes.littleEndian(UInt16.self, at: end + 8), bytes.littleEndian(UInt16.self, at: end + 10)
    )
    guard (disks == (0, 0) || disks == (.max, .max)), counts.0 == counts.1 else {
      throw finding(.badEnd, at: end, "the archive is a part of one on several disks")
    }
    let short = Place(
      entryCount: UInt64(counts.1),
      byteCount: UInt64(bytes.littleEndian(UInt32.self, at: end + 12)),
      offset: UInt64(bytes.littleEndian(UInt32.self, at: end + 16)))
    let (place, stop) = try place64(bytes, before: end, short)
    let (last, overflow) = place.offset.addingReportingOverflow(place.byteCount)
    guard !overflow, last == UInt64(stop) else {
      throw finding(
        .directoryPlace, at: end,
        "the directory has \(place.byteCount) bytes from byte \(place.offset) on, it must end at byte \(stop)"
      )
    }
    guard place.entryCount <= place.byteCount / UInt64(Self.recordByteCount) else {
      throw finding(
        .entryCount, at: end,
        "the directory has \(place.entryCount) entries, its \(place.byteCount) bytes hold at most "
          + "\(place.byteCount / UInt64(Self.recordByteCount))")
    }
    return (Int(place.offset)..<stop, Int(place.entryCount))
  }

  /// The place of the end record, whose comment must end the file.
  private func endOffset(_ bytes: RawSpan) throws(Finding) -> Int {
    let last = bytes.byteCount - Self.endByteCount
    let first = max(0, last - Int(UInt16.max))
    var found: Int?
    if last >= 0 {
      for offset in (first...last).reversed()
      where bytes.byte(at: offset) == 0x50
        && bytes.littleEndian(UInt32.self, at: offset) == 0x0605_4B50
      {
        let comment = Int(bytes.littleEndian(UInt16.self, at: offset + 20))
        guard offset + Self.endByteCount + comment == bytes.byteCount else { continue }
        if let other = found {
          throw finding(
            .badEnd, at: offset, "the archive has two end records, here and at byte \(other)",
            remedy: "write the archive again; readers disagree on this one")
        }
        found = offset
      }
    }
    guard let found else {
      throw finding(
        .noEnd, at: max(0, last),
        "no end record (50 4B 05 06) ends the file of \(bytes.byteCount) bytes",
        remedy: SafetensorsHeader.download)
    }
    return found
  }

  /// Reads the 64-bit end record, if there is one, and compares it with the 32-bit one.
  ///
  /// - Returns: The directory's place, and where it must end.
  private func place64(
    _ bytes: RawSpan, before end: Int, _ short: Place
  ) throws(Finding) -> (place: Place, stop: Int) {
    let needs64 =
      short.entryCount == UInt64(UInt16.max) || short.byteCount == UInt64(UInt32.max)
      || short.offset == UInt64(UInt32.max)
    let locator = end - Self.locatorByteCount
    guard locator >= 0, bytes.littleEndian(UInt32.self, at: locator) == 0x0706_4B50 else {
      // An archive of exactly 65,535 entries needs none.
      if short.byteCount != UInt64(UInt32.max) && short.offset != UInt64(UInt32.max) || !needs64 {
        return (short, end)
      }
      throw finding(.zip64, at: end, "the locator of the 64-bit end record is missing")
    }
    let stated = bytes.littleEndian(UInt64.self, at: locator + 8)
    guard locator >= Self.end64ByteCount, stated <= UInt64(locator - Self.end64ByteCount),
      bytes.littleEndian(UInt32.self, at: Int(stated)) == 0x0606_4B50,
      bytes.littleEndian(UInt64.self, at: Int(stated) + 4) == UInt64(locator) - stated - 12,
      bytes.littleEndian(UInt32.self, at: locator + 4) == 0,
      bytes.littleEndian(UInt32.self, at: locator + 16) <= 1
    else {
      throw finding(
        .zip64, at: locator,
        "the locator names byte \(stated), where no 64-bit end record ends before the locator")
    }
    let start = Int(stated)
    let place = Place(
      entryCount: bytes.littleEndian(UInt64.self, at: start + 32),
      byteCount: bytes.littleEndian(UInt64.self, at: start + 40),
      offset: bytes.littleEndian(UInt64.self, at: start + 48))
    let agrees =
      Self.agrees(place.entryCount, short.entryCount, saturated: UInt64(UInt16.max))
      && Self.agrees(place.byteCount, short.byteCount, saturated: UInt64(UInt32.max))
      && Self.agrees(place.offset, short.offset, saturated: UInt64(UInt32.max))
      && bytes.littleEndian(UInt64.self, at: start + 24) == place.entryCount
      && bytes.littleEndian(UInt64.self, at: start + 16) == 0
    guard agrees else {
      throw finding(.zip64, at: start, "the 64-bit end record disagrees with the 32-bit one")
    }
    return (place, start)
  }

  private static func agrees(_ long: UInt64, _ short: UInt64, saturated: UInt64) -> Bool {
    short == saturated || short == long
  }
}
