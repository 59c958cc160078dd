import TandemBundles
import TandemBytes

extension BundlePlan {
  /// What a reader of the bundle would refuse, found before a byte is written.
  func limitFindings(in source: String) -> Findings {
    var findings = Findings()
    if members.allSatisfy(\.tensors.isEmpty) && sections.isEmpty {
      findings.add(Finding(PackRule.empty, in: source, "there is nothing to pack"))
    }
    for file in sourceFiles where !Paths.isSafeRelative(file.path) {
      findings.add(
        Finding(
          PackRule.name, in: source, item: file.path,
          "the name holds a backslash, a colon or a control character, or is over 4096 bytes",
          remedy: "rename the file"))
    }
    let limit = BundleLayout.maximumDocumentByteCount
    // What belongs to no tensor that is stored as it is used may have any size.
    for section in sections where section.kind != .header {
      let byteCount = section.content.byteCount
      if byteCount > limit {
        findings.add(
          Finding(
            PackRule.sectionSize, in: source, item: section.name,
            "has \(byteCount) bytes, at most \(limit) are allowed"))
      }
    }
    for (index, member) in members.enumerated() {
      let byteCount = fileMapByteCount(ofMember: index)
      let limit = BundleLayout.maximumFileMapByteCount(tensorCount: member.tensors.count)
      if byteCount > limit {
        findings.add(
          Finding(
            PackRule.sectionSize, in: source, item: member.name,
            "its files are made of so many pieces that their map has \(byteCount) bytes, at most "
              + "\(limit) are allowed"))
      }
    }
    // The file maps of the members, the block digests, their tensor sections and the manifest.
    let sectionCount = sections.count + 2 * members.count + 2
    if sectionCount > BundleLayout.maximumSectionCount {
      findings.add(
        Finding(
          PackRule.sectionCount, in: source,
          "needs \(sectionCount) sections, at most \(BundleLayout.maximumSectionCount) are allowed",
          remedy: "move files that the model does not need out of its folder"))
    }
    return findings
  }
}
