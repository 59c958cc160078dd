public import TandemBundles
public import TandemBytes
public import TandemCheckpoints
import TandemModels

/// What is converted: a checkpoint, or the weights of a bundle's member, with their documents.
public struct ConversionSource: Sendable {
  /// A file that holds no tensors.
  public struct Document: Sendable {
    /// The path within a model folder.
    public let name: String
    let content: Content

    enum Content: Sendable {
      case file(MappedFile)
      case bytes([UInt8])
    }

    public var byteCount: Int {
      switch content {
      case .file(let file): file.byteCount
      case .bytes(let bytes): bytes.count
      }
    }
  }

  public let checkpoint: Checkpoint
  /// Without the index of shards, which is made anew.
  public let documents: [Document]

  /// Whether the source is a member of a bundle, whose configuration is not kept as a file.
  let isMember: Bool

  /// Takes a checkpoint that has no errors.
  public init(_ checkpoint: Checkpoint) {
    self.checkpoint = checkpoint
    isMember = false
    documents = checkpoint.documents.filter { !$0.name.hasSuffix(".index.json") }
      .map { Document(name: $0.name, content: .file($0.file)) }
  }

  /// Takes a member of a bundle.
  ///
  /// - Throws: ``Finding`` if one of its documents is damaged.
  public init(_ bundle: TandemBundle, _ member: BundleMember) throws(Finding) {
    checkpoint = bundle.model(of: member).checkpoint
    isMember = true
    var documents: [Document] = []
    for section in bundle.sections where section.kind == .document {
      guard section.member == member.index || section.member == member.tokenizer,
        !section.name.hasSuffix(".safetensors.index.json")
      else { continue }
      documents.append(
        Document(name: section.name, content: .bytes(try bundle.plainBytes(of: section))))
    }
    self.documents = documents.sorted { $0.name < $1.name }
  }
}
