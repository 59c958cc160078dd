import TandemBytes

extension SafetensorsHeader {
  /// The largest length of a tensor's name, in bytes.
  static let nameByteLimit = 65_535

  /// Checks a name by itself, and marks it to be compared with the others.
  mutating func checkName(_ name: String, at offset: Int) {
    let byteCount = name.utf8.count
    if byteCount == 0 {
      report(.badName, name, at: offset, "the name is empty")
    } else if byteCount > Self.nameByteLimit {
      report(
        .badName, name, at: offset,
        "the name has \(byteCount) bytes, at most \(Self.nameByteLimit) are allowed")
    } else if !Self.isPlain(name),
      let character = name.unicodeScalars.first(where: { !$0.isPrintable })
    {
      report(
        .badName, name, at: offset,
        "the name holds the control character U+\(character.hexadecimal)")
    }
    names.add(name, at: offset)
  }

  /// Notes tensors with the same name, and keys of the metadata that stand twice.
  ///
  /// - Parameter text: The header.
  mutating func checkDuplicates(in text: RawSpan) {
    for duplicate in metadataKeys.duplicates(in: text) {
      report(
        .duplicateKey, Self.metadataName, at: duplicate.offset,
        "the key '\(KeyMarks.key(in: text, at: duplicate.offset).shortened)' stands twice in the "
          + "metadata")
    }
    for duplicate in names.duplicates(in: text) {
      report(
        .duplicateTensor, KeyMarks.key(in: text, at: duplicate.offset), at: duplicate.offset,
        "another tensor has this name, at byte \(Self.prefixByteCount + duplicate.firstOffset)")
    }
  }

  /// Whether a name has only visible ASCII characters and spaces, as almost all have.
  private static func isPlain(_ name: String) -> Bool {
    let bytes = name.utf8.span
    for index in bytes.indices where bytes[index] < 0x20 || bytes[index] >= 0x7F { return false }
    return true
  }
}

extension Unicode.Scalar {
  /// At least four hexadecimal digits, as after `U+`.
  fileprivate var hexadecimal: String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
