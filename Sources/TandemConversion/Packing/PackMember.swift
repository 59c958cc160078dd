public import TandemBundles
public import TandemBytes
public import TandemCheckpoints
public import TandemTensors

/// A checkpoint on its way into a bundle: what the packer must know beyond its bytes.
public struct PackMember: Sendable {
  public var role: MemberRole
  public var checkpoint: Checkpoint
  /// `config.*` and other fields of the member.
  public var fields: [String: FieldValue]
  /// The digest of the tokenizer that it brings; nil if it has none.
  public var tokenizerDigest: Digest?
  /// The chat template, decoded, if the checkpoint's format does not store it as plain text.
  public var chatTemplate: String?
  /// Indices of the checkpoint's tensors in the order in which a forward pass first reads them.
  public var firstUseOrder: [Int]
  /// Where the tensors come from, if their types change on the way; then the checkpoint is the one
  /// that they will make.
  var recoded: RecodedTensors?

  public init(
    role: MemberRole, checkpoint: Checkpoint, fields: [String: FieldValue] = [:],
    tokenizerDigest: Digest? = nil, chatTemplate: String? = nil, firstUseOrder: [Int]? = nil
  ) {
    self.role = role
    self.checkpoint = checkpoint
    self.fields = fields
    self.tokenizerDigest = tokenizerDigest
    self.chatTemplate = chatTemplate
    self.firstUseOrder = firstUseOrder ?? Array(checkpoint.tensors.indices)
  }

  /// What a tensor's payload is, or is made from.
  func content(
    ofTensor index: Int
  ) -> (file: MappedFile, range: Range<Int>, recoding: PayloadRecoding?) {
    if let recoded { return recoded.content(ofTensor: index) }
    let tensor = checkpoint.tensors[index]
    return (checkpoint.files[tensor.fileIndex].file, tensor.byteRange, nil)
  }
}
