public import TandemBytes

/// A section of an open bundle.
public struct BundleSection: Sendable, Hashable {
  public let index: Int
  public let kind: SectionKind
  /// The source's file path for documents and headers, else empty.
  public let name: String
  /// The index of the member that it belongs to, nil for the bundle.
  public let member: Int?
  /// The bytes in the file.
  public let storedRange: Range<Int>
  /// The number of plain bytes.
  public let byteCount: Int
  public let isCompressed: Bool
  /// The digest of the stored bytes; zero for tensors, whose blocks have digests of their own.
  public let digest: Digest
}

extension TandemBundle {
  /// All sections, in the order of the file.
  public var sections: [BundleSection] {
    (0..<directory.sectionCount).map { index in
      let record = directory.section(index)
      let start = Int(record.offset)
      return BundleSection(
        index: index,
        // The directory's check has refused other kinds.
        kind: SectionKind(rawValue: record.kind) ?? .document,
        name: directory.string(record.name),
        member: record.member == BundleLayout.none ? nil : Int(record.member),
        storedRange: start..<start + Int(record.storedByteCount),
        byteCount: Int(record.byteCount),
        isCompressed: record.flags & SectionRecord.compressedFlag != 0, digest: record.digest)
    }
  }

  /// The plain bytes of a section, checked against its digest.
  ///
  /// - Throws: ``Finding`` if the stored bytes or the LZ4 frame are damaged.
  /// - Complexity: O(*n*), with memory for the plain bytes.
  public func plainBytes(of section: BundleSection) throws(Finding) -> [UInt8] {
    try checkDigest(of: section)
    let stored = file.bytes.extracting(section.storedRange)
    guard section.isCompressed else { return stored.array }
    do {
      return try LZ4Frame.decompress(stored, byteCount: section.byteCount)
    } catch {
      throw damaged(.compression, section, error.description)
    }
  }

  /// Checks a section as ``plainBytes(of:)`` does, and keeps nothing of it.
  func check(_ section: BundleSection) throws(Finding) {
    try checkDigest(of: section)
    guard section.isCompressed else { return }
    do {
      try LZ4Frame.check(
        file.bytes.extracting(section.storedRange), byteCount: section.byteCount)
    } catch {
      throw damaged(.compression, section, error.description)
    }
  }

  /// Checks the stored bytes of a section against its digest.
  ///
  /// - Complexity: O(*n*) in the stored bytes.
  public func checkDigest(of section: BundleSection) throws(Finding) {
    let stored = file.bytes.extracting(section.storedRange)
    guard BlockDigest.digest(of: stored) == section.digest || section.kind == .tensors else {
      throw damaged(.sectionDigest, section, "does not have its digest")
    }
  }

  func damaged(_ rule: BundleRule, _ section: BundleSection, _ message: String) -> Finding {
    let name = section.name.isEmpty ? section.kind.name : section.name
    return Finding(
      rule, in: file.path, item: name, at: section.storedRange.lowerBound, message,
      remedy: "copy the bundle again, or pack it again")
  }
}
