import TandemBundles
public import TandemBytes
import TandemCheckpoints
public import TandemConversion
import TandemJSON
import TandemTensors

/// What packing wrote, would write, or refused.
public struct PackReport: Report, Sendable {
  private let output: String
  private let findings: FindingsReport
  /// What changing types brought with it.
  private let conversionFindings: FindingsReport
  /// nil if an error stands against it.
  private let plan: BundlePlan?
  private let byteCount: Int
  /// nil if nothing was written.
  private let digest: Digest?

  /// - Parameters:
  ///   - subject: What was packed, as the user named it.
  ///   - output: The bundle's path.
  ///   - byteCount: What the bundle takes on the disk; 0 if it was refused.
  ///   - digest: The bundle's digest; nil if nothing was written.
  public init(
    _ subject: String, output: String, _ packer: Packer, byteCount: Int, digest: Digest?
  ) {
    self.output = output
    findings = FindingsReport(subject, packer.findings, accepted: packer.accepted)
    var conversion = packer.conversionFindings
    conversion.add(contentsOf: packer.losses)
    conversionFindings = FindingsReport(subject, conversion)
    plan = packer.plan
    self.byteCount = byteCount
    self.digest = digest
  }

  /// Writes what the bundle holds, or the findings that stand against it, for a person.
  public func write(_ layout: TextLayout, to output: (String) -> Void) {
    guard let plan else { return findings.write(layout, to: output) }
    var text = ReportText()
    let verb = digest == nil ? "would be packed" : "packed"
    text.heading("\(self.output): \(Numbers.bytes(byteCount)), \(verb)", level: 1)
    text.table(memberTable(plan))
    text.facts([
      ("transforms", transforms(plan)),
      ("relations", plan.relations.isEmpty ? nil : relations(plan)),
      ("shared", sharing(plan)), ("left out", leftOut), ("digest", digest?.description),
    ])
    text.write(layout, to: output)
    if conversionFindings.findings.all.isEmpty { return }
    output("\n")
    conversionFindings.writeFindings(layout, to: output)
  }

  private func memberTable(_ plan: BundlePlan) -> TextTable {
    var table = TextTable([
      .text("role").leaving(2), .name("member"), .text("format").leaving(1), .name("source"),
      .number("tensors").leaving(3), .number("bytes").leaving(4),
    ])
    for member in plan.members {
      table.add([
        "\(member.role)", member.name.printable, member.text("source.format"),
        member.text("source.name").printable, Numbers.grouped(member.tensors.count),
        member.tensors.isEmpty ? "" : Numbers.bytes(plan.byteCount(of: member)),
      ])
    }
    return table
  }

  /// `primary: gguf q4_0`; nil if all members are as their sources.
  private func transforms(_ plan: BundlePlan) -> String? {
    let texts = plan.members.compactMap { member in
      member.fields["derived.transform"].map { "\(member.name): \($0.text.printable)" }
    }
    return texts.isEmpty ? nil : texts.joined(separator: ", ")
  }

  private func relations(_ plan: BundlePlan) -> String {
    plan.relations.map {
      "\($0.kind): \(plan.members[$0.from].name) → \(plan.members[$0.to].name)"
    }.joined(separator: ", ")
  }

  /// The files and folders that are not in the bundle, most important first; nil if there are none.
  private var leftOut: String? {
    let codes = Set(FolderRule.leavingOut + [ShardIndexRule.unlistedShard.rawValue])
    let left = findings.sorted.filter { codes.contains($0.code) }
    let total = codes.reduce(0) { $0 + (findings.findings.counts[$1] ?? 0) }
    guard total > 0 else { return nil }
    let names = left.prefix(Self.namedLeftOut).map { Self.name($0.file, in: findings.subject) }
    let rest = total - names.count
    return names.joined(separator: ", ") + (rest > 0 ? " and \(Numbers.grouped(rest)) more" : "")
  }

  private static let namedLeftOut = 8

  /// A path within a folder; one that does not lie in it as it is.
  private static func name(_ path: String, in folder: String) -> String {
    let prefix = folder.utf8.last == UInt8(ascii: "/") ? folder : folder + "/"
    return (path.utf8.starts(with: prefix.utf8) ? String(path.dropFirst(prefix.count)) : path)
      .printable
  }

  /// How many tensors are stored together with others; nil if none is.
  private func sharing(_ plan: BundlePlan) -> String? {
    let names = plan.members.lazy.map(\.tensors.count).total
    guard names > plan.payloads.count else { return nil }
    let saved = plan.members.lazy.map { plan.byteCount(of: $0) }.total - plan.payloadByteCount
    return "\(Numbers.counted(names - plan.payloads.count, "tensor")) equal to others, "
      + "\(Numbers.bytes(saved)) saved"
  }

  /// Writes the report as JSON (`schemas/pack.schema.json`).
  public func writeJSON(to output: @escaping (String) -> Void) {
    var stream = JSONStream(pretty: true, to: output)
    stream.beginObject()
    stream.write(.string(findings.subject), key: "path")
    stream.write(.string(self.output), key: "output")
    stream.write(.bool(plan != nil), key: "valid")
    stream.write(.bool(digest != nil), key: "written")
    stream.write(digest.json, key: "digest")
    stream.write(plan == nil ? .null : .integer(byteCount), key: "byte_count")
    stream.beginArray(key: "members")
    for member in plan?.members ?? [] {
      stream.write(
        .object([
          ("role", .string("\(member.role)")), ("name", .string(member.name)),
          ("format", member.fields["source.format"]?.json ?? .null),
          ("source", member.fields["source.name"]?.json ?? .null),
          ("transform", member.fields["derived.transform"]?.json ?? .null),
          ("tensor_count", .integer(member.tensors.count)),
          ("byte_count", .integer(plan?.byteCount(of: member) ?? 0)),
        ]), onOneLine: true)
    }
    stream.end()
    stream.beginArray(key: "relations")
    for relation in plan?.relations ?? [] { stream.write(json(relation), onOneLine: true) }
    stream.end()
    findings.writeMembers(to: &stream)
    stream.end()
    output("\n")
  }

  private func json(_ relation: BundlePlan.Relation) -> JSONOutput {
    .object([
      ("kind", .string(relation.kind)), ("from", .string(plan?.members[relation.from].name ?? "")),
      ("to", .string(plan?.members[relation.to].name ?? "")), ("fields", relation.fields.json),
    ])
  }
}

extension BundlePlan {
  /// The bytes of a member's tensors, those that others share too.
  fileprivate func byteCount(of member: Member) -> Int {
    member.tensors.lazy.map { payloads[$0.payload].byteCount }.total
  }

  fileprivate var payloadByteCount: Int { payloads.lazy.map(\.byteCount).total }
}

extension BundlePlan.Member {
  /// A field that is a text, empty without it.
  fileprivate func text(_ key: String) -> String { fields[key]?.text ?? "" }
}
