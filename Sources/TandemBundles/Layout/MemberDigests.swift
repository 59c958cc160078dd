public import TandemBytes
public import TandemTensors

/// The digests that identify a member's content, whatever file it came from (`schemas/bundle.md`,
/// section 6).
public enum MemberDigests {
  /// The digest of the fields whose keys start with `config.`; nil if there are none.
  ///
  /// - Parameter fields: In ascending order of the bytes of their keys.
  public static func config(_ fields: [(key: String, value: FieldValue)]) -> Digest? {
    let config = fields.filter { $0.key.utf8.starts(with: "config.".utf8) }
    if config.isEmpty { return nil }
    var hasher = SHA256Hasher()
    for (key, value) in config {
      hasher.update(counted: key)
      switch value {
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

extension [String: FieldValue] {
  /// The fields as a bundle lists them: by the bytes of their keys.
  var inOrderOfKeys: [(key: String, value: FieldValue)] {
    map { (key: $0.key, value: $0.value) }
      .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
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
