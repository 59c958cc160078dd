import TandemBundles
import TandemBytes
import TandemJSON
import TandemTensors

extension BundleSummary {
  /// Writes the members of the JSON object that describes the bundle, apart from its tensors.
  func write(to stream: inout JSONStream) {
    stream.write(.string(bundle.digest.description), key: "digest")
    stream.write(.integer(bundle.sectionAlignment), key: "section_alignment")
    stream.write(.integer(bundle.tensorAlignment), key: "tensor_alignment")
    stream.beginArray(key: "members")
    for member in members { stream.write(json(member), onOneLine: true) }
    stream.end()
    stream.beginArray(key: "relations")
    for relation in relations { stream.write(json(relation), onOneLine: true) }
    stream.end()
    stream.beginArray(key: "shared_payloads")
    for payload in shared {
      stream.write(
        .object([
          ("byte_count", .integer(payload.byteCount)),
          (
            "tensors",
            .array(
              payload.names.map {
                .object([("member", .string($0.member)), ("name", .string($0.tensor))])
              })
          ),
        ]), onOneLine: true)
    }
    stream.end()
    stream.beginArray(key: "sections")
    for section in sections { stream.write(json(section), onOneLine: true) }
    stream.end()
  }

  private func json(_ member: BundleMember) -> JSONOutput {
    .object([
      ("name", .string(member.name)), ("role", .string("\(member.role)")),
      ("tensor_count", .integer(member.tensors.count)),
      ("tokenizer", member.tokenizer.map { .string(name(ofMember: $0)) } ?? .null),
      ("tensor_set_digest", member.tensorSetDigest.json),
      ("config_digest", member.configDigest.json),
      ("tokenizer_digest", member.tokenizerDigest.json),
      ("fields", bundle.fields(of: member).json),
    ])
  }

  private func json(_ relation: BundleRelation) -> JSONOutput {
    .object([
      ("kind", .string(relation.kind)), ("from", .string(name(ofMember: relation.from))),
      ("to", .string(name(ofMember: relation.to))), ("fields", relation.fields.json),
    ])
  }

  private func json(_ section: BundleSection) -> JSONOutput {
    .object([
      ("kind", .string(section.kind.name)), ("name", .string(section.name)),
      ("member", section.member.map { .string(name(ofMember: $0)) } ?? .null),
      ("offset", .integer(section.storedRange.lowerBound)),
      ("stored_byte_count", .integer(section.storedRange.count)),
      ("byte_count", .integer(section.byteCount)),
      ("digest", section.digest.isZero ? .null : .string(section.digest.description)),
    ])
  }
}

extension Digest? {
  /// The digits, or null.
  var json: JSONOutput { map { .string($0.description) } ?? .null }
}

extension [String: FieldValue] {
  /// The fields in the order of their keys, as a bundle's manifest writes them.
  var json: JSONOutput {
    .object(
      sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map { ($0.key, $0.value.json) })
  }
}
