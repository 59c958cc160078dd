public import TandemBytes
public import TandemTensors

/// The digests that identify a member's content, whatever file it came from (`schemas/bundle.md`,
/// section 6).
public enum MemberDigests {
  /// The digest of the fields whose keys start with `config.`; nil if there are none.
  public static func config(_ fields: [String: FieldValue]) -> Digest? {
    let keys = fields.keys.filter { $0.hasPrefix("config.") }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    if keys.isEmpty { return nil }
    var hasher = SHA256Hasher()
    for key in keys {
      hasher.update(counted: key)
      switch fields[key] {
      case nil: break
      case .unsigned(let number): hasher.update(.unsigned, number)
      case .signed(let number): hasher.update(.signed, UInt64(bitPattern: number))
      case .float(let number): hasher.update(.float, number.bitPattern)
      case .bool(let truth): hasher.update(.bool, truth ? 1 : 0)
      case .string(let text):
        hasher.update(littleEndian: UInt32(FieldRecord.Kind.string.rawValue))
        hasher.update(counted: text)
      case .list(let numbers):
        hasher.update(littleEndian: UInt32(FieldRecord.Kind.list.rawValue))
        hasher.update(littleEndian: UInt32(numbers.count))
        for number in numbers { hasher.update(littleEndian: number) }
      }
    }
    return hasher.finalize()
  }
}

extension SHA256Hasher {
  /// A scalar field: type, count 0, value.
  fileprivate mutating func update(_ kind: FieldRecord.Kind, _ value: UInt64) {
    update(littleEndian: UInt32(kind.rawValue))
    update(littleEndian: UInt32(0))
    update(littleEndian: value)
  }
}
