public import TandemBundles
import TandemBytes
public import TandemCheckpoints

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
  /// What the model is called: the name of its file or folder, which a bundle keeps.
  let name: String

  /// Takes a checkpoint that has no errors.
  public init(_ checkpoint: Checkpoint) {
    self.init(checkpoint, name: Paths.name(checkpoint.path))
  }

  private init(_ checkpoint: Checkpoint, name: String) {
    self.checkpoint = checkpoint
    self.name = name
    documents = checkpoint.documents.filter { !$0.name.hasSuffix(".index.json") }
      .map { Document(name: $0.name, content: .file($0.file)) }
  }

  /// Takes a member of a bundle, after its digests were checked.
  ///
  /// - Throws: ``Finding`` if a tensor, document or header of it is damaged, ``FileError`` if headers
  ///   cannot be laid out.
  /// - Complexity: O(*n*) in the member's bytes.
  public init(_ bundle: TandemBundle, _ member: BundleMember) throws {
    if let damage = bundle.verifyTensors(of: member).all.first { throw damage }
    self.init(
      try bundle.checkpoint(of: member),
      name: bundle.sourceText("source.name", of: member) ?? member.name)
  }
}
