public import TandemBundles
import TandemBytes
import TandemCheckpoints
import TandemTensors

/// Makes the plan of a bundle from members that have been validated.
///
/// Equal tensors, tokenizers and documents are stored once; the smaller members' tensors come first
/// in the file, so that an engine can start them while the primary is still being read.
public struct PackPlanner {
  private let members: [PackMember]
  private var payloads = PayloadSharing()
  private var sections = SectionSharing()
  private var sourceFiles: [BundlePlan.SourceFile] = []
  /// The plan's member for each tokenizer: one of `members`, or one that follows them.
  private let tokenizers: [Digest: Int]
  /// The tokenizers that follow.
  private let addedTokenizers: [Digest]

  /// Plans a bundle.
  ///
  /// - Parameters:
  ///   - members: In order of role, each role at most once. A tokenizer is added for each that
  ///     they use and that is not among them.
  ///   - relations: How they belong together; indices are those of `members`.
  /// - Complexity: O(*n*) in the number of tensors and the bytes of the documents; of the tensors,
  ///   only those that look alike are compared.
  public static func plan(
    _ members: [PackMember], relations: [BundlePlan.Relation]
  ) -> BundlePlan {
    var planner = PackPlanner(members)
    return planner.plan(relations)
  }

  private init(_ members: [PackMember]) {
    self.members = members
    var tokenizers: [Digest: Int] = [:]
    var added: [Digest] = []
    for (index, member) in members.enumerated() where member.role == .tokenizer {
      if let digest = member.tokenizerDigest { tokenizers[digest] = index }
    }
    for digest in members.compactMap(\.tokenizerDigest) where tokenizers[digest] == nil {
      tokenizers[digest] = members.count + added.count
      added.append(digest)
    }
    self.tokenizers = tokenizers
    addedTokenizers = added
  }

  private mutating func plan(_ relations: [BundlePlan.Relation]) -> BundlePlan {
    // Roles ascend in importance of size: the primary, role 1, is the largest and comes last.
    let tensors = members.indices.reversed().map { ($0, addTensors(of: $0)) }
    var plan = BundlePlan()
    for (index, tensors) in tensors.reversed() {
      addFiles(of: index, tensors)
      plan.members.append(
        BundlePlan.Member(
          role: members[index].role, name: "\(members[index].role)",
          tensors: tensors, fields: members[index].fields,
          tokenizer: tokenizerMember(of: index), tokenizerDigest: members[index].tokenizerDigest))
    }
    for digest in addedTokenizers {
      let number = plan.members.count { $0.role == .tokenizer } + 1
      plan.members.append(
        BundlePlan.Member(
          role: .tokenizer, name: number == 1 ? "tokenizer" : "tokenizer-\(number)",
          tokenizerDigest: digest))
    }
    plan.relations = relations
    plan.payloads = payloads.payloads
    plan.sections = sections.sections
    plan.sourceFiles = sourceFiles
    return plan
  }

  /// The tokenizer that a member uses; a tokenizer uses none.
  private func tokenizerMember(of index: Int) -> Int? {
    members[index].role == .tokenizer ? nil : tokenizerOwner(of: index)
  }

  /// The member that a member's tokenizer documents belong to.
  private func tokenizerOwner(of index: Int) -> Int? {
    members[index].tokenizerDigest.flatMap { tokenizers[$0] }
  }

  /// Adds a member's payloads in the order of first use; the tensors come back in the checkpoint's
  /// order.
  private mutating func addTensors(of index: Int) -> [BundlePlan.Tensor] {
    let member = members[index]
    let checkpoint = member.checkpoint
    var payloadOf = [Int](repeating: 0, count: checkpoint.tensors.count)
    for number in member.firstUseOrder {
      let (file, range, recoding) = member.content(ofTensor: number)
      payloadOf[number] = payloads.payload(of: range, in: file, recoding, member: index)
    }
    return zip(checkpoint.tensors, payloadOf).map {
      BundlePlan.Tensor(name: $0.name, type: $0.type, shape: $0.shape, payload: $1)
    }
  }

  // MARK: Files

  private mutating func addFiles(of index: Int, _ tensors: [BundlePlan.Tensor]) {
    let checkpoint = members[index].checkpoint
    var pieces = [[TakenPiece]](repeating: [], count: checkpoint.files.count)
    for (descriptor, tensor) in zip(checkpoint.tensors, tensors) {
      let segment = Segment.payload(index: tensor.payload, range: 0..<descriptor.byteCount)
      pieces[descriptor.fileIndex].append(
        TakenPiece(range: descriptor.byteRange, segment: segment))
    }
    if case .gguf(let metadata) = checkpoint.metadata {
      let taken = takeGGUFMetadata(metadata, of: index)
      if !pieces.isEmpty { pieces[0] += taken }
    }
    for (source, pieces) in zip(checkpoint.files, pieces) where !source.isScratch {
      let taking = FileTaking(source.file, pieces: pieces)
      let ranges = taking.headerRanges
      let header =
        ranges.isEmpty
        ? nil
        : sections.section(
          .header, name: source.name, member: index, .file(source.file, ranges))
      sourceFiles.append(
        BundlePlan.SourceFile(
          path: source.name, member: index, segments: taking.segments(header: header)))
    }
    for document in checkpoint.documents { addDocument(document, of: index) }
    if let template = members[index].chatTemplate {
      _ = sections.section(.chatTemplate, member: index, .bytes(Array(template.utf8)))
    }
  }

  private mutating func addDocument(_ document: Document, of index: Int) {
    let file = document.file
    let owner = Self.tokenizerDocuments.contains(document.name) ? tokenizerOwner(of: index) : nil
    let section = sections.section(
      .document, name: document.name, member: owner ?? index, orMember: index,
      .file(file, [0..<file.byteCount]))
    let range = 0..<file.byteCount
    sourceFiles.append(
      BundlePlan.SourceFile(
        path: document.name, member: index,
        segments: range.isEmpty ? [] : [.section(index: section, range: range)]))
  }

  private static let tokenizerDocuments: Set = [
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "vocab.json", "vocab.txt", "merges.txt", "tokenizer.model", "spiece.model",
  ]

  /// Gives the tokenizer's key–value pairs and the chat template sections of their own.
  private mutating func takeGGUFMetadata(
    _ metadata: GGUFMetadata, of index: Int
  ) -> [TakenPiece] {
    var pieces: [TakenPiece] = []
    let templateKey = "tokenizer.chat_template"
    let pairs = metadata.entries.filter {
      $0.key.hasPrefix("tokenizer.") && !$0.key.hasPrefix(templateKey)
    }
    if let tokenizer = tokenizerOwner(of: index), !pairs.isEmpty {
      let section = sections.section(
        .tokenizerMetadata, member: tokenizer, orMember: index,
        .file(metadata.file, pairs.map(\.byteRange)))
      var start = 0
      for pair in pairs {
        let range = start..<start + pair.byteRange.count
        pieces.append(
          TakenPiece(range: pair.byteRange, segment: .section(index: section, range: range)))
        start += pair.byteRange.count
      }
    }
    if let entry = metadata.entries.first(where: { $0.key == templateKey }), entry.type == .string,
      entry.valueByteRange.count > 8
    {
      // A string's value is its byte count in eight bytes, then its text.
      let text = entry.valueByteRange.dropFirst(8)
      let range = text.startIndex..<text.endIndex
      let section = sections.section(
        .chatTemplate, member: index, .file(metadata.file, [range]))
      pieces.append(
        TakenPiece(range: range, segment: .section(index: section, range: 0..<range.count)))
    }
    return pieces
  }
}
