import TandemBundles
import TandemBytes

/// Collects documents; equal ones are stored once: the tokenizer that both members of a pair bring.
struct SectionSharing {
  private(set) var sections: [BundlePlan.Section] = []
  private var indices: [Content: Int] = [:]
  private var taken: Set<Place> = []

  /// What makes two sections one.
  private struct Content: Hashable {
    let kind: SectionKind
    let name: String
    let byteCount: Int
    let digest: Digest
  }

  /// A member has one document of a name.
  private struct Place: Hashable {
    let kind: SectionKind
    let name: String
    let member: Int
  }

  /// The index of a section with this content, made new unless one exists.
  ///
  /// - Parameters:
  ///   - member: The member that a new section belongs to.
  ///   - fallback: The member that it belongs to if the first has another document of the name.
  mutating func section(
    _ kind: SectionKind, name: String = "", member: Int, orMember fallback: Int? = nil,
    _ content: BundlePlan.Section.Content
  ) -> Int {
    let (byteCount, digest) = content.identity
    let key = Content(kind: kind, name: name, byteCount: byteCount, digest: digest)
    if let index = indices[key] { return index }
    let isFree = taken.insert(Place(kind: kind, name: name, member: member)).inserted
    let owner = isFree ? member : fallback ?? member
    sections.append(
      BundlePlan.Section(kind: kind, name: name, member: owner, content: content))
    indices[key] = sections.count - 1
    return sections.count - 1
  }
}

extension BundlePlan.Section.Content {
  /// Byte count and SHA-256 of the plain bytes; a file's are not copied.
  fileprivate var identity: (byteCount: Int, digest: Digest) {
    switch self {
    case .bytes(let bytes): return (bytes.count, SHA256Hasher.digest(of: bytes.rawSpan))
    case .file(let file, let ranges):
      var hasher = SHA256Hasher()
      for range in ranges { hasher.update(file.bytes.extracting(range)) }
      return (ranges.reduce(0) { $0 + $1.count }, hasher.finalize())
    }
  }
}
