public import TandemBundles
import TandemBytes
import TandemCheckpoints
public import TandemModels
import TandemTensors

extension TandemBundle {
  /// A member as a model over the mapped bundle: its tensors in the order of their names, and its
  /// configuration.
  ///
  /// Its tokenizer is not read.
  public func model(of member: BundleMember) -> Model {
    let fields = fields(of: member)
    let isGGUF = fields["source.format"] == .string(CheckpointFormat.gguf.rawValue)
    let tensors = member.tensors.map { index in
      let view = tensor(at: index)
      return TensorDescriptor(
        name: tensorName(at: index), type: view.type, shape: view.shape, fileIndex: 0,
        byteRange: payloadRange(at: payloadIndex(ofTensorAt: index)))
    }
    let checkpoint = Checkpoint(
      format: isGGUF ? .gguf : .huggingFace, path: file.path,
      files: [TensorFile(name: member.name, file: file, headerByteCount: 0)], tensors: tensors,
      metadata: .safetensors([]))
    return Model(checkpoint, configuration: try? configuration(of: member))
  }

  /// The configuration that a member's fields hold; nil if they hold none.
  ///
  /// - Throws: ``FieldFailure`` if they are no configuration.
  func configuration(of member: BundleMember) throws(FieldFailure) -> ModelConfiguration? {
    let fields = fields(of: member)
    guard fields.keys.contains(where: { $0.hasPrefix("config.") }) else { return nil }
    return try ModelConfiguration(fields: fields.map { (key: $0.key, value: $0.value) })
  }
}
