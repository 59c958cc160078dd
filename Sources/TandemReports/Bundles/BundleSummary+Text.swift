import TandemBundles
import TandemBytes
import TandemTensors

extension BundleSummary {
  /// Members, relations, shared payloads and sections.
  func write(to text: inout ReportText) {
    text.heading("Members")
    text.table(memberTable)
    for relation in relations {
      let (from, to) = (name(ofMember: relation.from), name(ofMember: relation.to))
      text.heading("Relation \(relation.kind): \(from) → \(to)")
      text.facts(
        relation.fields.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value.text)") })
    }
    if !shared.isEmpty {
      text.heading("Shared payloads")
      text.table(sharedTable)
    }
    text.heading("Sections")
    text.table(sectionTable)
  }

  private var memberTable: TextTable {
    var table = TextTable([
      .text("role"), .name("member"), .number("tensors"), .number("bytes"),
      .text("tensor set").leaving(3), .text("config").leaving(1), .text("tokenizer").leaving(2),
    ])
    for member in members {
      let byteCount = member.tensors.lazy.map {
        bundle.payloadRange(at: bundle.payloadIndex(ofTensorAt: $0)).count
      }.total
      table.add([
        "\(member.role)", member.name.printable, Numbers.grouped(member.tensors.count),
        member.tensors.isEmpty ? "" : Numbers.bytes(byteCount), member.tensorSetDigest.brief,
        member.configDigest.brief, member.tokenizerDigest.brief,
      ])
    }
    return table
  }

  private var sharedTable: TextTable {
    var table = TextTable([.number("bytes"), .number("names"), .name("tensors")])
    for payload in shared {
      table.add([
        Numbers.bytes(payload.byteCount), Numbers.grouped(payload.names.count),
        payload.names.map { "\($0.member): \($0.tensor)" }.joined(separator: ", ").printable,
      ])
    }
    return table
  }

  private var sectionTable: TextTable {
    var table = TextTable([
      .text("section"), .name("member"), .name("name"), .number("offset").leaving(2),
      .number("stored"), .number("plain").leaving(3), .text("digest").leaving(1),
    ])
    for section in sections {
      table.add([
        section.kind.name, name(ofMember: section.member).printable, section.name.printable,
        Numbers.grouped(section.storedRange.lowerBound), Numbers.bytes(section.storedRange.count),
        section.isCompressed ? Numbers.bytes(section.byteCount) : "",
        section.digest.isZero ? "" : section.digest.abbreviated,
      ])
    }
    return table
  }
}

extension Digest? {
  /// The first digits, or nothing.
  fileprivate var brief: String { self?.abbreviated ?? "" }
}

extension FieldValue {
  /// The value for a person.
  var text: String {
    switch self {
    case .unsigned(let number): "\(number)"
    case .signed(let number): "\(number)"
    case .float(let number): "\(number)"
    case .bool(let truth): truth ? "yes" : "no"
    case .string(let text): text
    case .list(let numbers): numbers.map { "\($0)" }.joined(separator: ", ")
    }
  }
}
