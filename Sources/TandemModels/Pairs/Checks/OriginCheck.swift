import TandemBytes
import TandemCheckpoints

/// Looks at which primary the members were made for, by the digest of its tensors.
struct OriginCheck {
  /// What somebody says the primary's digest is.
  private struct Claim {
    /// Who says it, for a person.
    let source: String
    let text: String
  }

  private let description: PairDescription
  private var claims: [Claim] = []
  private(set) var findings = Findings()

  init(_ pair: Pair) {
    description = pair.description
    if let digest = description.primaryDigest {
      claims.append(Claim(source: "PAIR.json", text: digest.description))
    }
    for (role, checkpoint) in [
      ("secondary", pair.secondary?.checkpoint), ("projection", pair.projection),
      ("router", pair.router),
    ] {
      if let text = checkpoint?.madeFor { claims.append(Claim(source: "the \(role)", text: text)) }
    }
  }

  /// Whether the primary's digest is of use.
  var needsDigest: Bool { !claims.isEmpty || description.kind == .tandem }

  /// Compares what is said with the primary.
  ///
  /// - Parameter digest: The primary's, nil if it was not computed.
  mutating func compare(with digest: Digest?) {
    if claims.isEmpty {
      if description.kind == .tandem { reportUnbound(digest) }
      return
    }
    let texts = Set(claims.map(\.text))
    if texts.count > 1 || texts.contains(where: { Digest(hexadecimal: $0) == nil }) {
      return reportDisagreement(digest)
    }
    guard let claim = claims.first, let digest, claim.text != digest.description else { return }
    let sources = claims.map(\.source).enumeration
    if let derivation = description.primary?.derivation, derivation.digest.description == claim.text
    {
      findings.add(
        description.finding(
          .derivedPrimary, "primary.derived_from",
          "the pair was made for the model that the primary comes from by '\(derivation.transform)': "
            + "the same model in another precision"))
      return
    }
    findings.add(
      description.finding(
        .otherPrimary, description.primaryDigest == nil ? nil : "made_for.primary",
        "\(sources) \(claims.count == 1 ? "says" : "say") that the primary's digest is \(claim.text.abbreviated); "
          + "it is \(digest)",
        remedy:
          "take the primary that the pair was made for; if this one comes from it, write into primary "
          + "\"derived_from\": {\"digest\": \"\(claim.text)\", \"transform\": \"gguf q4_0\"}, or what was done"
      ))
  }

  private mutating func reportDisagreement(_ digest: Digest?) {
    let parts = claims.map { claim in
      let isRight = digest.map { $0.description == claim.text ? " (right)" : " (wrong)" } ?? ""
      return "\(claim.source) says \(claim.text.abbreviated)\(isRight)"
    }
    findings.add(
      description.finding(
        .disagreeingOrigins, nil,
        "the members were made for different primaries: \(parts.enumeration)",
        remedy: "a part of the pair was replaced without the others"))
  }

  private mutating func reportUnbound(_ digest: Digest?) {
    findings.add(
      description.finding(
        .unboundPair, nil, "nothing says which primary the tandem was made for",
        remedy: "write the primary's tensor-set digest into made_for.primary"
          + (digest.map { ", if it is this one: \($0)" } ?? "")))
  }
}

extension Checkpoint {
  /// The digest of the primary that the checkpoint says it was made for, as it stands in its
  /// metadata.
  var madeFor: String? {
    switch metadata {
    case .safetensors(let files):
      files.lazy.flatMap(\.pairs).first { $0.key == "made_for" }?.value
    case .gguf(let metadata): metadata.string("tandem.made_for")
    case .onnx(let metadata): metadata.properties.first { $0.key == "made_for" }?.value
    case .pytorch, .absent: nil
    }
  }
}

extension String {
  /// The first 12 characters of a digest; other text as it is.
  fileprivate var abbreviated: String {
    Digest(hexadecimal: self).map { "\($0.abbreviated)…" } ?? "'\(self)'"
  }
}
