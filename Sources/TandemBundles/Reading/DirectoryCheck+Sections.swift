import TandemBytes

extension DirectoryCheck {
  func checkSections() throws(Finding) {
    guard directory.sectionCount <= BundleLayout.maximumSectionCount else {
      throw finding(
        .section, .sections, 0, nil,
        "there are \(directory.sectionCount) sections; at most "
          + "\(BundleLayout.maximumSectionCount) are allowed")
    }
    var end = UInt64(superblock.directoryOffset + superblock.directoryByteCount)
    var phase = -1
    var compressed = false
    for index in 0..<directory.sectionCount {
      let section = directory.section(index)
      let kind = try checkKind(of: section, index, after: phase)
      phase = kind.phase
      try checkPlace(of: section, kind, index, after: end)
      end = section.offset + section.storedByteCount
      try checkOwner(of: section, kind, index)
      compressed = compressed || section.flags == SectionRecord.compressedFlag
    }
    try checkNames()
    let first = directory.sectionCount > 0 ? directory.section(0).kind : 0
    guard first == SectionKind.blockDigests.rawValue, phase == SectionKind.manifest.phase,
      end == UInt64(superblock.fileByteCount)
    else {
      throw finding(
        .section, .sections, max(directory.sectionCount - 1, 0), nil,
        "the first section holds the block digests, the last one is the manifest and ends at "
          + "\(superblock.fileByteCount); found kind \(first) and the end \(end)")
    }
    let says = superblock.requiredFeatures & BundleLayout.Feature.lz4 != 0
    guard says == compressed else {
      throw Finding(
        BundleRule.feature, in: path, at: BundleLayout.Superblock.requiredFeatures,
        "the feature lz4 is \(says ? "set" : "not set"), but "
          + (says ? "no section is compressed" : "a section is"))
    }
  }

  private func checkKind(
    of section: SectionRecord, _ index: Int, after phase: Int
  ) throws(Finding) -> SectionKind {
    func broken(_ message: String) -> Finding {
      finding(.section, .sections, index, "section \(index)", message)
    }
    guard let kind = SectionKind(rawValue: section.kind) else {
      throw broken("has kind \(section.kind); known are 1 to 8")
    }
    guard kind.phase > phase || (kind.phase == phase && !kind.isSingle) else {
      throw broken("is of kind \(kind.name) and stands after a section that follows it, or twice")
    }
    let isCompressed = section.flags == SectionRecord.compressedFlag
    guard section.flags == 0 || (isCompressed && kind.mayBeCompressed) else {
      throw broken("has flags \(section.flags), which its kind does not allow")
    }
    let ratio = UInt64(BundleLayout.maximumCompressionRatio)
    guard section.byteCount <= UInt64(Int.max),
      isCompressed
        ? section.byteCount <= section.storedByteCount.multipliedReportingOverflow(by: ratio).0
          && section.byteCount <= UInt64(BundleLayout.maximumDocumentByteCount)
        : section.byteCount == section.storedByteCount
    else {
      throw broken("stores \(section.storedByteCount) bytes of \(section.byteCount)")
    }
    return kind
  }

  private func checkPlace(
    of section: SectionRecord, _ kind: SectionKind, _ index: Int, after end: UInt64
  ) throws(Finding) {
    let alignment = UInt64(
      kind == .tensors ? superblock.sectionAlignment : BundleLayout.documentAlignment)
    let length = UInt64(superblock.fileByteCount)
    guard section.offset % alignment == 0, section.offset >= end, section.offset <= length,
      section.storedByteCount <= length - section.offset, section.offset - end < alignment
    else {
      throw finding(
        .section, .sections, index, "section \(index)",
        "has \(section.storedByteCount) bytes at \(section.offset); it starts at the first "
          + "multiple of \(alignment) from \(end) and ends in a file of \(length)")
    }
  }

  private func checkOwner(
    of section: SectionRecord, _ kind: SectionKind, _ index: Int
  ) throws(Finding) {
    func broken(_ message: String) -> Finding {
      finding(.section, .sections, index, "section \(index)", message)
    }
    try checkString(section.name, .sections, index, "section \(index)")
    guard kind.isNamed ? section.name.byteCount > 0 : section.name.byteCount == 0 else {
      throw broken("has \(kind.isNamed ? "no" : "a") name, against its kind")
    }
    if kind.isNamed, !Paths.isSafeRelative(directory.string(section.name)) {
      throw broken(
        "has a name that is not a plain relative path: '\(directory.string(section.name))'")
    }
    let isOfMember = section.member != BundleLayout.none
    guard isOfMember == (kind.belongsToMember ?? isOfMember),
      !isOfMember || section.member < directory.memberCount
    else {
      throw broken("belongs to member \(section.member) of \(directory.memberCount)")
    }
    let record = directory.tables[.sections].offset(index)
    guard section.reserved == 0, kind != .tensors || section.digest.isZero,
      directory.bytes.extracting(record + 80..<record + 104).isZero
    else {
      throw broken("has a field that must be zero and is not")
    }
    if kind == .fileMap {
      let tensorCount = Int(directory.member(Int(section.member)).tensorCount)
      let limit = BundleLayout.maximumFileMapByteCount(tensorCount: tensorCount)
      guard section.byteCount <= limit else {
        throw broken(
          "is a file map of \(section.byteCount) bytes; at most \(limit) are allowed for a member "
            + "of \(tensorCount) tensors")
      }
    }
  }

  /// Checks that sections of one kind and member have different names.
  ///
  /// - Complexity: O(*n* log *n*), with one allocation.
  private func checkNames() throws(Finding) {
    let order = (0..<directory.sectionCount).sorted { isBefore($0, $1) }
    for (before, index) in zip(order, order.dropFirst()) where !isBefore(before, index) {
      throw finding(
        .section, .sections, index, "section \(index)",
        "is of the kind, member and name of section \(before)")
    }
  }

  /// Orders sections by kind, member and name, equal ones by neither.
  private func isBefore(_ left: Int, _ right: Int) -> Bool {
    let (first, second) = (directory.section(left), directory.section(right))
    if first.kind != second.kind { return first.kind < second.kind }
    if first.member != second.member { return first.member < second.member }
    return directory.text(first.name).compare(directory.text(second.name)) < 0
  }
}
