public import TandemBytes
import TandemCheckpoints
public import TandemTensors

/// What a member does in a pair.
public enum PairRole: String, Sendable, CaseIterable {
  case primary, secondary, projection, router, tokenizer
}

/// How one member of a pair belongs to another, with fields as a bundle stores them
/// (`schemas/bundle.md`, section 8).
public struct PairRelation: Hashable, Sendable {
  /// `tandem`, `independent`, `projection` or `router`.
  public let kind: String
  public let from: PairRole
  public let to: PairRole
  public let fields: [String: FieldValue]

  public init(kind: String, from: PairRole, to: PairRole, fields: [String: FieldValue]) {
    self.kind = kind
    self.from = from
    self.to = to
    self.fields = fields
  }
}

extension Pair {
  /// The relations between the members, with a field for everything that an engine must know.
  ///
  /// - Parameter primaryDigest: The primary's tensor-set digest; recorded for a tandem that names
  ///   none.
  /// - Returns: As much as the description says: of a pair without findings of severity error, all.
  public func relations(primaryDigest: Digest?) -> [PairRelation] {
    var relations: [PairRelation] = []
    if description.kind != .standalone {
      relations.append(
        PairRelation(
          kind: description.kind.rawValue, from: .secondary, to: .primary,
          fields: pairFields(primaryDigest)))
    }
    if let projection = description.projection, projection.weight != nil {
      relations.append(
        PairRelation(
          kind: "projection", from: .projection, to: .primary, fields: projection.fields))
    }
    if let router = description.router, description.kind != .standalone {
      relations.append(
        PairRelation(kind: "router", from: .router, to: .secondary, fields: router.fields))
    }
    return relations
  }

  /// The primary that the others were made for, by whoever says it.
  private var madeFor: Digest? {
    let texts = [secondary?.checkpoint.madeFor, projection?.madeFor]
    return description.primaryDigest
      ?? texts.lazy.compactMap { $0.flatMap(Digest.init(hexadecimal:)) }.first
  }

  private func pairFields(_ primaryDigest: Digest?) -> [String: FieldValue] {
    var fields = description.fields
    let contexts = [primary, secondary].compactMap { $0?.configuration?.contextLength }
    fields["context"] = contexts.min().map { .unsigned(UInt64($0)) }
    let digest = madeFor ?? (description.kind == .tandem ? primaryDigest : nil)
    fields["made_for.primary"] = digest.map { .string($0.description) }
    return fields
  }
}

extension PairDescription {
  /// The fields of the relation between secondary and primary that do not depend on the models.
  fileprivate var fields: [String: FieldValue] {
    var fields: [String: FieldValue] = [:]
    fields["layer_map"] = layerMap.map { .list($0.states.map { UInt64($0) }) }
    fields["final_norm"] = readsFinalNorm.map { .bool($0) }
    fields["projected_norm"] = normsProjected.map { .bool($0) }
    fields["boundary"] = boundary.map { .string($0.rawValue) }
    fields["free_token"] = writesFreeToken.map { .bool($0) }
    fields["projection_bias"] = projection?.bias.map { .bool($0 != .none) }
    fields["block_length.trained"] = blockLength?.trained.map { .unsigned(UInt64($0)) }
    fields["block_length.default"] = blockLength?.default.map { .unsigned(UInt64($0)) }
    fields["block_length.maximum"] = blockLength?.maximum.map { .unsigned(UInt64($0)) }
    fields["embedding"] = embedding.map { .string($0.rawValue) }
    fields["acceptance"] = acceptance.map { .string($0.rawValue) }
    switch vocabulary {
    case nil: break
    case .shared: fields["vocabulary"] = .string("shared")
    case .mapped(let tensor, let convention):
      fields["vocabulary"] = .string("mapped")
      fields["vocabulary.tensor"] = .string(tensor)
      fields["vocabulary.convention"] = .string(convention.rawValue)
    }
    return fields
  }

  /// The fields of a member that say what it was made of.
  public func derivationFields(of role: PairRole) -> [String: FieldValue] {
    let member =
      switch role {
      case .primary: primary
      case .secondary: secondary
      case .projection: projection?.member
      case .router: router?.member
      case .tokenizer: tokenizer
      }
    guard let derivation = member?.derivation else { return [:] }
    return [
      "derived.digest": .string(derivation.digest.description),
      "derived.transform": .string(derivation.transform),
    ]
  }
}

extension PairDescription.Projection {
  fileprivate var fields: [String: FieldValue] {
    var fields: [String: FieldValue] = [:]
    fields["weight"] = weight.map { .string($0.description) }
    if case .named(let pattern)? = bias { fields["bias"] = .string(pattern.description) }
    return fields
  }
}

extension PairDescription.Router {
  fileprivate var fields: [String: FieldValue] {
    var fields: [String: FieldValue] = [:]
    fields["weight"] = weight.map { .string($0.description) }
    if case .named(let pattern)? = bias { fields["bias"] = .string(pattern.description) }
    fields["activation"] = activation.map { .string($0.rawValue) }
    fields["top_k"] = topK.map { .unsigned(UInt64($0)) }
    fields["threshold"] = threshold.map { .float($0) }
    fields["sign"] = sign.map { .string($0.rawValue) }
    return fields
  }
}
