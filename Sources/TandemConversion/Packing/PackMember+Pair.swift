import TandemBundles
import TandemBytes
import TandemCheckpoints
import TandemModels

extension PackMember {
  /// The members of a pair without errors, in order of role.
  static func members(of pair: Pair) -> [PackMember] {
    let description = pair.description
    var members: [PackMember] = []
    func add(_ role: MemberRole, _ model: Model?, _ pairRole: PairRole, _ tokenizer: Digest?) {
      guard let model else { return }
      var member = PackMember(role, model, fields: description.derivationFields(of: pairRole))
      member.tokenizerDigest = member.tokenizerDigest ?? tokenizer
      members.append(member)
    }
    let named = pair.tokenizer?.digest
    let shared = named ?? pair.primary?.vocabulary?.digest
    add(.primary, pair.primary, .primary, named)
    add(.secondary, pair.secondary, .secondary, description.vocabulary == .shared ? shared : nil)
    if let projection = pair.projection {
      members.append(
        PackMember(
          .projection, projection, fields: description.derivationFields(of: .projection)))
    }
    if let router = pair.router {
      members.append(
        PackMember(.router, router, fields: description.derivationFields(of: .router)))
    }
    // A tokenizer that a member brings needs no member beside it.
    let brought = [pair.primary, pair.secondary].map { $0?.vocabulary?.digest }
    if let named, let source = pair.tokenizerSource, !brought.contains(named) {
      var tokenizer = PackMember(.tokenizer, source)
      tokenizer.tokenizerDigest = named
      members.append(tokenizer)
    }
    return members
  }
}

extension Pair {
  /// The relations between members in a bundle.
  ///
  /// - Complexity: O(1), or O(bytes) of the primary where a tandem does not say what it was made
  ///   for.
  func relations(
    between members: [PackMember], primaryDigest: Digest?
  ) -> [BundlePlan.Relation] {
    var digest = primaryDigest
    let namesPrimary = relations(primaryDigest: nil).contains {
      $0.fields["made_for.primary"] != nil
    }
    if description.kind == .tandem, digest == nil, !namesPrimary {
      digest = primary?.checkpoint.tensorSetDigest()
    }
    func index(_ role: PairRole) -> Int? {
      members.firstIndex { "\($0.role)" == role.rawValue }
    }
    return relations(primaryDigest: digest).compactMap { relation in
      guard let from = index(relation.from), let to = index(relation.to) else { return nil }
      return BundlePlan.Relation(
        kind: relation.kind, from: from, to: to, fields: relation.fields)
    }
  }
}
