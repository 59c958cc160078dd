public import TandemBundles
public import TandemBytes
import TandemCheckpoints
public import TandemModels

extension TandemBundle {
  /// The tokens that a member uses, nil if the bundle has none for it.
  ///
  /// - Parameter includingDigest: Whether the vocabulary's digest is made.
  /// - Throws: ``Finding`` if a section is damaged, or is no tokenizer.
  /// - Complexity: O(*n*) in the bytes of the tokenizer's sections; no others are read.
  public func vocabulary(
    of member: BundleMember, includingDigest: Bool = true
  ) throws -> Vocabulary? {
    let sections = try tokenizerSections(of: member)
    if let section = sections.first(where: { $0.kind == .tokenizerMetadata }) {
      let metadata = try GGUFMetadata(pairs: file(section))
      var vocabulary = try read(.gguf(metadata), [], includingDigest)
      if let section = sections.first(where: { $0.kind == .chatTemplate }) {
        vocabulary?.chatTemplate = String(decoding: try plainBytes(of: section), as: UTF8.self)
      }
      return vocabulary
    }
    var documents: [Document] = []
    for section in sections where Self.documentNames.contains(section.name) {
      if documents.contains(where: { $0.name == section.name }) { continue }
      documents.append(Document(name: section.name, file: try file(section)))
    }
    guard documents.contains(where: { $0.name == "tokenizer.json" }) else { return nil }
    return try read(.safetensors([]), documents, includingDigest)
  }

  /// Makes the digest of each member's tokenizer again, from what the bundle holds of it.
  ///
  /// - Returns: A finding for each that is another than the recorded one; nothing on members whose
  ///   tokenizer lies elsewhere.
  /// - Complexity: O(*n*) in the tokens; some 50 ms for 100,000.
  public func verifyTokenizers() -> Findings {
    var findings = Findings()
    for member in members {
      guard let expected = member.tokenizerDigest else { continue }
      var found: String?
      do {
        let digest = try vocabulary(of: member)?.digest
        if let digest, digest != expected { found = "has the digest \(digest.abbreviated)…" }
      } catch {
        found = "cannot be read (\(error))"
      }
      guard let found else { continue }
      findings.add(
        Finding(
          BundleRule.tokenizerDigest, in: file.path, item: member.name,
          "its tokenizer \(found); recorded is \(expected.abbreviated)…",
          remedy: "pack the bundle again"))
    }
    return findings
  }

  /// What says something of how text becomes tokens.
  private static let documentNames: Set = [
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "generation_config.json",
    "chat_template.jinja", "chat_template.json",
  ]

  private func read(
    _ metadata: CheckpointMetadata, _ documents: [Document], _ includingDigest: Bool
  ) throws(Finding) -> Vocabulary? {
    let checkpoint = Checkpoint(
      format: documents.isEmpty ? .gguf : .huggingFace, path: file.path, files: [], tensors: [],
      metadata: metadata, documents: documents)
    let reading = Vocabulary.read(checkpoint, includingDigest: includingDigest)
    try reading.findings.throwFirstError()
    return reading.vocabulary
  }

  /// The plain bytes of a section, read like a file.
  private func file(_ section: BundleSection) throws -> MappedFile {
    let bytes = try plainBytes(of: section)
    return try MappedFile(copying: bytes.rawSpan, path: file.path)
  }

  /// Sections that may say something of a member's tokens: first those of its own source files,
  /// which may lie with another member that has the same, then those of its tokenizer.
  private func tokenizerSections(of member: BundleMember) throws(Finding) -> [BundleSection] {
    let all = sections
    var indices = try sectionIndices(ofSourceOf: member)
    indices += all.lazy.filter { $0.member == member.index }.map(\.index)
    if let tokenizer = member.tokenizer,
      let member = members.first(where: { $0.index == tokenizer })
    {
      indices += try sectionIndices(ofSourceOf: member)
      indices += all.lazy.filter { $0.member == tokenizer }.map(\.index)
    }
    return indices.map { all[$0] }
  }

  /// The sections that a member's source files have bytes in.
  private func sectionIndices(ofSourceOf member: BundleMember) throws(Finding) -> [Int] {
    var indices: [Int] = []
    for file in try sourceFiles(of: member) {
      for case .section(let index, _) in file.segments where indices.last != index {
        indices.append(index)
      }
    }
    return indices
  }
}
