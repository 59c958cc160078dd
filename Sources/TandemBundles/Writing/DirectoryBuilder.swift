import TandemBytes
import TandemTensors

/// Collects the directory's records and writes them out; equal strings and shapes are stored once.
struct DirectoryBuilder {
  var members: [UInt8] = []
  var tensors: [UInt8] = []
  var payloads: [UInt8] = []
  var sections: [UInt8] = []
  var relations: [UInt8] = []
  private var fields: [UInt8] = []
  private var fieldCount = 0
  private var dimensions: [UInt8] = []
  private var values: [UInt8] = []
  private var strings: [UInt8] = []
  private var stringOffsets: [[UInt8]: UInt32] = [:]
  private var shapeOffsets: [Shape: UInt32] = [:]

  /// The place of a string in the pool.
  mutating func intern(_ text: String) -> StringReference {
    let bytes = Array(text.utf8)
    let count = UInt32(bytes.count)
    if let offset = stringOffsets[bytes] {
      return StringReference(offset: offset, byteCount: count)
    }
    let offset = UInt32(strings.count)
    strings += bytes
    stringOffsets[bytes] = offset
    return StringReference(offset: offset, byteCount: count)
  }

  /// The index of a shape's first dimension in the pool.
  private mutating func intern(_ shape: Shape) -> UInt32 {
    if let offset = shapeOffsets[shape] { return offset }
    let offset = UInt32(dimensions.count / 8)
    for dimension in shape.dimensions { dimensions.append(littleEndian: UInt64(dimension)) }
    shapeOffsets[shape] = offset
    return offset
  }

  mutating func add(_ tensor: BundlePlan.Tensor) {
    let name = intern(tensor.name)
    tensors.append(littleEndian: name.offset)
    tensors.append(littleEndian: UInt16(name.byteCount))
    tensors.append(tensor.type.rawValue)
    tensors.append(UInt8(tensor.shape.rank))
    tensors.append(littleEndian: intern(tensor.shape))
    tensors.append(littleEndian: UInt32(tensor.payload))
  }

  /// Adds fields in the order of their keys and returns the first one's index and their number.
  mutating func add(_ newFields: [String: FieldValue]) -> (first: UInt32, count: UInt32) {
    let first = fieldCount
    for (key, value) in newFields.inOrderOfKeys { add(key, value) }
    return (UInt32(first), UInt32(fieldCount - first))
  }

  private mutating func add(_ key: String, _ value: FieldValue) {
    let key = intern(key)
    fields.append(littleEndian: key.offset)
    fields.append(littleEndian: UInt16(key.byteCount))
    let encoded = encoding(of: value)
    fields.append(littleEndian: encoded.kind.rawValue)
    fields.append(littleEndian: encoded.value)
    fields.append(littleEndian: encoded.count)
    fields.append(littleEndian: UInt32(0))
    fieldCount += 1
  }

  private mutating func encoding(
    of value: FieldValue
  ) -> (kind: FieldRecord.Kind, value: UInt64, count: UInt32) {
    switch value {
    case .unsigned(let number): return (.unsigned, number, 0)
    case .signed(let number): return (.signed, UInt64(bitPattern: number), 0)
    case .float(let number): return (.float, number.bitPattern, 0)
    case .bool(let truth): return (.bool, truth ? 1 : 0, 0)
    case .string(let text):
      let reference = intern(text)
      return (.string, UInt64(reference.offset), reference.byteCount)
    case .list(let numbers):
      let first = values.count / 8
      for number in numbers { values.append(littleEndian: number) }
      return (.list, UInt64(first), UInt32(numbers.count))
    }
  }

  /// The tables' bytes in their order.
  private var tables: [[UInt8]] {
    [members, tensors, payloads, sections, relations, fields, dimensions, values, strings]
  }

  /// The number of bytes of ``bytes``, which does not depend on the records' content.
  ///
  /// - Parameter missing: The bytes of section and payload records that will be added later.
  func byteCount(addingPayloads payloadCount: Int, sections sectionCount: Int) -> Int {
    var end = BundleLayout.tablesByteCount
    for (table, bytes) in zip(BundleLayout.Table.allCases, tables) {
      let added =
        switch table {
        case .payloads: payloadCount * table.recordByteCount
        case .sections: sectionCount * table.recordByteCount
        default: 0
        }
      end += bytes.count + added
    }
    return end
  }

  /// The directory as it stands in the file.
  var bytes: [UInt8] {
    var entries: [UInt8] = []
    var body: [UInt8] = []
    for (table, content) in zip(BundleLayout.Table.allCases, tables) {
      entries.append(littleEndian: UInt64(BundleLayout.tablesByteCount + body.count))
      entries.append(littleEndian: UInt64(content.count / table.recordByteCount))
      body += content
    }
    return entries + body
  }
}

extension SectionRecord {
  init(
    kind: SectionKind, name: StringReference = StringReference(offset: 0, byteCount: 0),
    member: Int?, offset: Int, storedByteCount: Int, byteCount: Int, isCompressed: Bool = false,
    digest: Digest = .zero
  ) {
    self.kind = kind.rawValue
    self.flags = isCompressed ? Self.compressedFlag : 0
    self.name = name
    self.member = member.map(UInt32.init) ?? BundleLayout.none
    self.reserved = 0
    self.offset = UInt64(offset)
    self.storedByteCount = UInt64(storedByteCount)
    self.byteCount = UInt64(byteCount)
    self.digest = digest
  }

  func append(to bytes: inout [UInt8]) {
    bytes.append(littleEndian: kind)
    bytes.append(littleEndian: flags)
    bytes.append(littleEndian: name.offset)
    bytes.append(littleEndian: name.byteCount)
    bytes.append(littleEndian: member)
    bytes.append(littleEndian: reserved)
    bytes.append(littleEndian: offset)
    bytes.append(littleEndian: storedByteCount)
    bytes.append(littleEndian: byteCount)
    bytes += digest.bytes
    bytes += [UInt8](repeating: 0, count: 24)
  }
}

extension DirectoryBuilder {
  /// Adds tensors, fields and relations, and members whose digests are not known yet.
  mutating func addMembersAndRelations(of plan: BundlePlan) {
    for member in plan.members {
      for tensor in member.sortedTensors { add(tensor) }
    }
    setMembers(plan) { _ in .zero }
    for member in plan.members { _ = add(member.fields) }
    for relation in plan.relations {
      let kind = intern(relation.kind)
      let fields = add(relation.fields)
      relations.append(littleEndian: kind.offset)
      relations.append(littleEndian: kind.byteCount)
      relations.append(littleEndian: UInt32(relation.from))
      relations.append(littleEndian: UInt32(relation.to))
      relations.append(littleEndian: fields.first)
      relations.append(littleEndian: fields.count)
    }
  }

  /// Writes the member records, with their digests.
  mutating func setMembers(_ plan: BundlePlan, tensorSet: (BundlePlan.Member) -> Digest) {
    members = []
    var firstTensor = 0
    var firstField = 0
    for member in plan.members {
      let name = intern(member.name)
      members.append(littleEndian: member.role.rawValue)
      members.append(littleEndian: name.offset)
      members.append(littleEndian: name.byteCount)
      members.append(littleEndian: UInt32(firstTensor))
      members.append(littleEndian: UInt32(member.tensors.count))
      members.append(littleEndian: UInt32(firstField))
      members.append(littleEndian: UInt32(member.fields.count))
      members.append(littleEndian: member.tokenizer.map(UInt32.init) ?? BundleLayout.none)
      members += tensorSet(member).bytes
      members += (MemberDigests.config(member.fields.inOrderOfKeys) ?? .zero).bytes
      members += (member.tokenizerDigest ?? .zero).bytes
      firstTensor += member.tensors.count
      firstField += member.fields.count
    }
  }
}
