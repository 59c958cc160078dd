public import TandemBundles
import TandemBytes
public import TandemCheckpoints
public import TandemModels
public import TandemTensors

extension PackMember {
  /// A model as a member: its configuration and origin as fields, its tokenizer and chat template,
  /// its tensors in the order of their use.
  ///
  /// - Parameter fields: Further fields, such as what the model was derived from.
  public init(_ role: MemberRole, _ model: Model, fields: [String: FieldValue] = [:]) {
    let checkpoint = model.checkpoint
    var all = fields.merging(checkpoint.sourceFields) { given, _ in given }
    for (key, value) in model.configuration?.fields ?? [] { all[key] = value }
    let names = checkpoint.tensors.map(\.name)
    self.init(
      role: role, checkpoint: checkpoint, fields: all,
      tokenizerDigest: model.vocabulary?.digest,
      chatTemplate: checkpoint.storesPlainTemplate ? nil : model.vocabulary?.chatTemplate,
      firstUseOrder: FirstUseOrder.indices(names, model.tensorMap))
  }

  /// A checkpoint that is no model by itself: a projection or a router.
  public init(_ role: MemberRole, _ checkpoint: Checkpoint, fields: [String: FieldValue] = [:]) {
    self.init(
      role: role, checkpoint: checkpoint,
      fields: fields.merging(checkpoint.sourceFields) { given, _ in given })
  }
}

extension PackMember {
  /// The member with its tensors in other types, and the note of what it was made from.
  ///
  /// - Parameters:
  ///   - sourceDigest: The tensor-set digest of the member as it is; nil to compute it.
  ///   - findings: What stands against it is added.
  /// - Complexity: O(tensors), and O(bytes) for the digest.
  mutating func apply(
    _ transform: MemberTransform, sourceDigest: Digest?, _ findings: inout Findings,
    progress: @Sendable (Int) -> Void
  ) {
    guard let recoded = RecodedTensors(checkpoint, transform, &findings) else { return }
    let text = "\(checkpoint.format.rawValue) \(transform.description)"
    // What has come from elsewhere already keeps its origin: that is what others were made for.
    if case .string(let earlier)? = fields["derived.transform"] {
      fields["derived.transform"] = .string("\(earlier), \(text)")
    } else {
      let digest = sourceDigest ?? checkpoint.tensorSetDigest(progress: progress)
      fields["derived.digest"] = .string(digest.description)
      fields["derived.transform"] = .string(text)
    }
    // Nothing else of a configuration depends on the types; its numbers may come from tensors, which
    // the outline does not have.
    if fields[Self.typeKey] != nil, let type = recoded.outline.prevailingType {
      fields[Self.typeKey] = .string(type.name)
    }
    checkpoint = recoded.outline
    firstUseOrder = recoded.numbers(ofSourceTensors: firstUseOrder)
    self.recoded = recoded
  }
}

extension PackMember {
  /// The field with the type of most matrices.
  private static let typeKey = "config.source.dtype"
}

extension Checkpoint {
  /// Where a member comes from, and what has written the bundle.
  fileprivate var sourceFields: [String: FieldValue] {
    [
      "source.format": .string(format.rawValue), "source.name": .string(sourceName),
      "tool": .string(Release.tool),
    ]
  }

  /// The name of the file or folder, also if the path ends in `.` or `..`.
  private var sourceName: String {
    let name = Paths.name(path)
    guard name == "." || name == "..", let resolved = try? Paths.resolved(path) else { return name }
    return Paths.name(resolved)
  }

  /// Whether a chat template lies in the file as it is, so that the bundle can refer to it.
  fileprivate var storesPlainTemplate: Bool { format == .gguf }
}
