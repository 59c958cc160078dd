import TandemBytes

// A zip archive (APPNOTE.TXT 6.3) is little-endian and consists of
//
//  1. for each entry: a local header, the name, an extra field, the stored bytes, and a data
//     descriptor if the header says that it lacks checksum and sizes;
//  2. the directory: for each entry a record with everything, and the place of its local header;
//  3. if numbers need it: a 64-bit end record and a locator of that;
//  4. the end record: place, length and number of entries of the directory, and a comment.
//
// Readers disagree on archives that say something twice, which is how one is shown a harmless file
// and another one loads a different one. So everything that is said twice must agree, entries must
// not overlap, and the parts must follow each other without gaps.

/// The entries of a zip archive that has been checked completely, but for the entries' bytes.
struct ZipArchive: Sendable {
  let file: MappedFile
  /// In the order of their bytes; folders are left out.
  let entries: [ZipEntry]
  private let indices: [ExactText: Int]

  /// Reads the directory and compares it with the local headers.
  ///
  /// - Parameter findings: What is wrong with the archive is added.
  /// - Returns: nil if a finding is an error.
  /// - Complexity: O(*n* log *n*) in the number of entries.
  init?(_ file: MappedFile, _ findings: inout Findings) {
    var directory = ZipDirectory(file: file.path)
    directory.read(file.bytes)
    findings.add(contentsOf: directory.findings)
    if directory.findings.hasErrors { return nil }
    self.file = file
    let entries = directory.entries.map(\.entry).filter { !$0.name.hasSuffix("/") }
    indices = Dictionary(
      entries.enumerated().map { (ExactText($1.name), $0) }, uniquingKeysWith: { first, _ in first }
    )
    self.entries = entries
  }

  /// The entry with a name.
  subscript(name: String) -> ZipEntry? { indices[ExactText(name)].map { entries[$0] } }

  /// Tells by its first bytes whether a file is a zip archive with at least one entry.
  ///
  /// An archive that begins later, behind another file, is not recognised: tensors may hold
  /// anything.
  static func recognises(_ bytes: RawSpan) -> Bool { bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) }
}

extension ZipArchive {
  /// The plain bytes of an entry, which have its checksum.
  ///
  /// - Parameter limit: The most that is allocated.
  /// - Complexity: O(*n*) in the plain bytes, in memory too.
  func plainBytes(of entry: ZipEntry, limit: Int) throws(Finding) -> [UInt8] {
    guard entry.plainByteCount <= limit else {
      throw finding(
        .tooLarge, entry, "it has \(entry.plainByteCount) bytes, at most \(limit) are read")
    }
    let stored = file.bytes.extracting(entry.storedRange)
    var bytes: [UInt8]
    switch entry.method {
    case .stored: bytes = stored.array
    case .deflated:
      var inflater = Inflater(plainByteCount: entry.plainByteCount)
      do throws(Inflater.Failure) {
        bytes = try inflater.next(from: stored, atMost: entry.plainByteCount)
      } catch {
        throw finding(.damaged, entry, "\(error), it has \(entry.plainByteCount)")
      }
    }
    try check(CRC32.checksum(of: bytes.rawSpan), of: entry)
    return bytes
  }

  /// Compares an entry's checksum with that of its bytes.
  ///
  /// - Complexity: O(*n*) in the plain bytes, on all cores for one that is stored; in constant
  ///   memory.
  func checkBytes(of entry: ZipEntry) throws(Finding) {
    let stored = file.bytes.extracting(entry.storedRange)
    guard entry.method == .deflated else {
      return try check(CRC32.checksum(of: stored), of: entry)
    }
    var inflater = Inflater(plainByteCount: entry.plainByteCount)
    var checksum: UInt32 = 0
    repeat {
      do throws(Inflater.Failure) {
        let piece = try inflater.next(from: stored, atMost: 1 << 20)
        checksum = CRC32.continued(checksum, with: piece.rawSpan)
      } catch {
        throw finding(.damaged, entry, "\(error), it has \(entry.plainByteCount)")
      }
    } while inflater.remaining > 0
    try check(checksum, of: entry)
  }

  private func check(_ checksum: UInt32, of entry: ZipEntry) throws(Finding) {
    guard checksum == entry.crc32 else {
      throw finding(
        .checksum, entry,
        "its bytes have the CRC-32 \(hexadecimal(checksum, digits: 8)), the directory says "
          + hexadecimal(entry.crc32, digits: 8), remedy: SafetensorsHeader.download)
    }
  }

  private func finding(
    _ rule: ZipRule, _ entry: ZipEntry, _ message: String, remedy: String? = nil
  ) -> Finding {
    Finding(
      rule, in: file.path, item: entry.name.shortened, at: entry.storedRange.lowerBound, message,
      remedy: remedy)
  }
}
