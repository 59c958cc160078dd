import TandemBytes
public import TandemJSON
public import TandemTensors

/// The directory as JSON, for people and scripts (`schemas/manifest.schema.json`).
///
/// Made from the directory alone, so that the two can be compared byte by byte. Says nothing about
/// the manifest's own section.
enum BundleManifest {
  /// The manifest's bytes: one line a tensor, a line feed at the end.
  ///
  /// - Complexity: O(*n*) in the number of tensors; no tree of them all is made.
  static func bytes(
    _ directory: borrowing BundleDirectory, sectionAlignment: Int, tensorAlignment: Int
  ) -> [UInt8] {
    let text = TextSink()
    var stream = JSONStream(pretty: true) { text.bytes += Array($0.utf8) }
    stream.beginObject()
    stream.write(.string("tandem"), key: "format")
    stream.write(.integer(Int(BundleLayout.version)), key: "version")
    stream.write(.integer(sectionAlignment), key: "section_alignment")
    stream.write(.integer(tensorAlignment), key: "tensor_alignment")
    stream.beginArray(key: "members")
    for index in 0..<directory.memberCount { write(member: index, directory, &stream) }
    stream.end()
    stream.beginArray(key: "relations")
    for index in 0..<directory.relationCount {
      stream.write(relation(index, directory))
    }
    stream.end()
    stream.beginArray(key: "sections")
    for index in 0..<directory.sectionCount
    where directory.section(index).kind != SectionKind.manifest.rawValue {
      stream.write(section(index, directory), onOneLine: true)
    }
    stream.end()
    stream.end()
    text.bytes.append(UInt8(ascii: "\n"))
    return text.bytes
  }

  /// Collects what a stream writes.
  private final class TextSink {
    var bytes: [UInt8] = []
  }

  private static func write(
    member index: Int, _ directory: borrowing BundleDirectory, _ stream: inout JSONStream
  ) {
    let member = directory.member(index)
    stream.beginObject()
    stream.write(.string(directory.string(member.name)), key: "name")
    let role = MemberRole(rawValue: member.role).map { "\($0)" } ?? ""
    stream.write(.string(role), key: "role")
    stream.write(memberName(member.tokenizer, directory), key: "tokenizer")
    stream.write(digest(member.tensorSetDigest), key: "tensor_set_digest")
    stream.write(digest(member.configDigest), key: "config_digest")
    stream.write(digest(member.tokenizerDigest), key: "tokenizer_digest")
    stream.write(
      fields(first: member.firstField, count: member.fieldCount, directory), key: "fields")
    stream.beginArray(key: "tensors")
    for tensor in Int(member.firstTensor)..<Int(member.firstTensor) + Int(member.tensorCount) {
      stream.write(self.tensor(tensor, directory), onOneLine: true)
    }
    stream.end()
    stream.end()
  }

  private static func tensor(_ index: Int, _ directory: borrowing BundleDirectory) -> JSONOutput {
    let tensor = directory.tensor(index)
    let payload = directory.payload(Int(tensor.payload))
    return .object([
      ("name", .string(directory.string(tensor.name))),
      ("type", .string(ElementType(rawValue: tensor.type)?.name ?? "")),
      ("shape", .array(directory.shape(tensor).dimensions.map { .integer($0) })),
      ("offset", .unsigned(payload.offset)), ("byte_count", .unsigned(payload.byteCount)),
      ("payload", .unsigned(UInt64(tensor.payload))),
    ])
  }

  private static func relation(
    _ index: Int, _ directory: borrowing BundleDirectory
  ) -> JSONOutput {
    let relation = directory.relation(index)
    return .object([
      ("kind", .string(directory.string(relation.kind))),
      ("from", memberName(relation.from, directory)), ("to", memberName(relation.to, directory)),
      ("fields", fields(first: relation.firstField, count: relation.fieldCount, directory)),
    ])
  }

  private static func section(_ index: Int, _ directory: borrowing BundleDirectory) -> JSONOutput {
    let section = directory.section(index)
    return .object([
      ("kind", .string(SectionKind(rawValue: section.kind)?.name ?? "")),
      ("name", .string(directory.string(section.name))),
      ("member", memberName(section.member, directory)),
      ("offset", .unsigned(section.offset)),
      ("stored_byte_count", .unsigned(section.storedByteCount)),
      ("byte_count", .unsigned(section.byteCount)), ("digest", digest(section.digest)),
    ])
  }

  private static func memberName(
    _ index: UInt32, _ directory: borrowing BundleDirectory
  ) -> JSONOutput {
    index == BundleLayout.none
      ? .null : .string(directory.string(directory.member(Int(index)).name))
  }

  private static func digest(_ digest: Digest) -> JSONOutput {
    digest.isZero ? .null : .string(digest.description)
  }

  private static func fields(
    first: UInt32, count: UInt32, _ directory: borrowing BundleDirectory
  ) -> JSONOutput {
    var members: [(String, JSONOutput)] = []
    for index in Int(first)..<Int(first) + Int(count) {
      let (key, value) = directory.fieldValue(index)
      members.append((key, value.json))
    }
    return .object(members)
  }
}

extension FieldValue {
  /// The value in a manifest; numbers that JSON cannot write are strings.
  public var json: JSONOutput {
    switch self {
    case .unsigned(let number): .unsigned(number)
    case .signed(let number): .integer(Int(number))
    case .float(let number): number.isFinite ? .number(number) : .string("\(number)")
    case .bool(let truth): .bool(truth)
    case .string(let text): .string(text)
    case .list(let numbers): .array(numbers.map { .unsigned($0) })
    }
  }
}

extension SectionKind {
  /// The kind's name in a manifest.
  public var name: String {
    switch self {
    case .tensors: "tensors"
    case .blockDigests: "block_digests"
    case .manifest: "manifest"
    case .document: "document"
    case .header: "header"
    case .tokenizerMetadata: "tokenizer_metadata"
    case .chatTemplate: "chat_template"
    case .fileMap: "file_map"
    }
  }
}

extension Array<UInt8> {
  /// A JSON text without the whitespace between its tokens.
  var tokens: [UInt8] {
    var isInString = false
    var isEscaped = false
    return filter { byte in
      let isWhitespace = [0x20, 0x0A, 0x0D, 0x09].contains(byte)
      if !isInString && isWhitespace { return false }
      if byte == UInt8(ascii: "\""), !isEscaped { isInString.toggle() }
      isEscaped = isInString && byte == UInt8(ascii: "\\") && !isEscaped
      return true
    }
  }
}
