public import TandemBytes
public import TandemTensors

/// A member of an open bundle.
public struct BundleMember: Sendable, Hashable {
  public let index: Int
  public let role: MemberRole
  public let name: String
  /// The member's tensors, as indices for ``TandemBundle/tensor(at:)``, in the order of their
  /// names.
  public let tensors: Range<Int>
  let fields: Range<Int>
  /// The index of the tokenizer that the member uses.
  public let tokenizer: Int?
  /// Names tensors, types, shapes and bytes, whatever the file format; nil for a member without
  /// tensors.
  public let tensorSetDigest: Digest?
  public let configDigest: Digest?
  public let tokenizerDigest: Digest?
}

/// How two members belong together.
public struct BundleRelation: Sendable, Hashable {
  public let kind: String
  /// Indices of members.
  public let from: Int
  public let to: Int
  public let fields: [String: FieldValue]
}

/// A tensor in a mapped bundle, borrowed from it.
public struct TensorView: ~Escapable {
  public let type: ElementType
  public let shape: Shape
  /// The elements, row by row, as the type stores them.
  public let bytes: RawSpan

  @_lifetime(copy bytes)
  init(type: ElementType, shape: Shape, bytes: RawSpan) {
    self.type = type
    self.shape = shape
    self.bytes = bytes
  }
}

extension TandemBundle {
  /// All members, in order of role.
  public var members: [BundleMember] { (0..<directory.memberCount).map(member(at:)) }

  /// The first member of a role.
  public func member(_ role: MemberRole) -> BundleMember? {
    members.first { $0.role == role }
  }

  func member(at index: Int) -> BundleMember {
    let record = directory.member(index)
    let firstTensor = Int(record.firstTensor)
    let firstField = Int(record.firstField)
    return BundleMember(
      index: index,
      // The directory's check has refused other roles.
      role: MemberRole(rawValue: record.role) ?? .primary,
      name: directory.string(record.name),
      tensors: firstTensor..<firstTensor + Int(record.tensorCount),
      fields: firstField..<firstField + Int(record.fieldCount),
      tokenizer: record.tokenizer == BundleLayout.none ? nil : Int(record.tokenizer),
      tensorSetDigest: record.tensorSetDigest.isZero ? nil : record.tensorSetDigest,
      configDigest: record.configDigest.isZero ? nil : record.configDigest,
      tokenizerDigest: record.tokenizerDigest.isZero ? nil : record.tokenizerDigest)
  }

  /// The fields of a member, to look some up by their keys.
  public func fields(of member: BundleMember) -> [String: FieldValue] { fields(member.fields) }

  /// All fields of a member, in the order of their keys; keys that differ only in how a letter is
  /// composed are two.
  public func fieldList(of member: BundleMember) -> [(key: String, value: FieldValue)] {
    member.fields.map { directory.fieldValue($0) }
  }

  /// How the members belong together.
  public var relations: [BundleRelation] {
    (0..<directory.relationCount).map { index in
      let record = directory.relation(index)
      let first = Int(record.firstField)
      return BundleRelation(
        kind: directory.string(record.kind), from: Int(record.from), to: Int(record.to),
        fields: fields(first..<first + Int(record.fieldCount)))
    }
  }

  private func fields(_ range: Range<Int>) -> [String: FieldValue] {
    var fields: [String: FieldValue] = [:]
    for index in range {
      let (key, value) = directory.fieldValue(index)
      fields[key] = value
    }
    return fields
  }
}

extension TandemBundle {
  /// The number of tensors of all members.
  public var tensorCount: Int { directory.tensorCount }

  /// The name of a tensor.
  public func tensorName(at index: Int) -> String {
    directory.string(directory.tensor(index).name)
  }

  /// A tensor by its index.
  ///
  /// - Complexity: O(1). No bytes are copied.
  @_lifetime(borrow self)
  public func tensor(at index: Int) -> TensorView {
    let record = directory.tensor(index)
    let payload = directory.payload(Int(record.payload))
    let start = Int(payload.offset)
    return TensorView(
      // The directory's check has refused other types.
      type: ElementType(rawValue: record.type) ?? .u8, shape: directory.shape(record),
      bytes: file.bytes.extracting(start..<start + Int(payload.byteCount)))
  }

  /// A tensor of a member by its name, nil if the member has none of that name.
  ///
  /// - Complexity: O(log *n*) in the number of the member's tensors. No bytes are copied.
  @_lifetime(borrow self)
  public func tensor(_ name: String, of member: BundleMember) -> TensorView? {
    guard let index = tensorIndex(name, of: member) else { return nil }
    let view = tensor(at: index)
    return view
  }

  /// The index of a tensor, by binary search over the names, which ascend.
  public func tensorIndex(_ name: String, of member: BundleMember) -> Int? {
    let wanted = Array(name.utf8)
    var low = member.tensors.lowerBound
    var high = member.tensors.upperBound
    while low < high {
      let middle = low + (high - low) / 2
      let order = directory.text(directory.tensor(middle).name).compare(wanted.rawSpan)
      if order == 0 { return middle }
      if order < 0 { low = middle + 1 } else { high = middle }
    }
    return nil
  }

  /// The index of the payload that holds a tensor's bytes: equal for aliases.
  public func payloadIndex(ofTensorAt index: Int) -> Int { Int(directory.tensor(index).payload) }
}
