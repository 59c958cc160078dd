import TandemBytes
import TandemModels

/// What tokenizers that start from characters, not bytes, take for those that are no token.
struct CharacterSymbols: Sendable {
  /// The tokens `<0x00>` to `<0xFF>`; nil unless all are there.
  let byteIDs: [UInt32]?
  let unknownID: UInt32?
  /// Whether neighbouring unknown characters become one unknown token.
  let joinsUnknown: Bool

  init(_ vocabulary: Vocabulary, usesBytes: Bool, joinsUnknown: Bool) {
    let ids = (0...255).compactMap { vocabulary.id(of: Self.byteText(UInt8($0))) }
    byteIDs = usesBytes && ids.count == 256 ? ids.map { UInt32($0) } : nil
    unknownID = vocabulary.unknownTokenID.flatMap { UInt32(exactly: $0) }
    self.joinsUnknown = joinsUnknown
  }

  /// How the token of a byte is written.
  static func byteText(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return digits.utf8.count == 1 ? "<0x0\(digits)>" : "<0x\(digits)>"
  }

  /// The byte whose token has this text, nil if it is another's.
  static func byte(of text: RawSpan) -> UInt8? {
    guard text.byteCount == 6, text.starts(with: Array("<0x".utf8)), text.byte(at: 5) == 0x3E else {
      return nil
    }
    let digits = text.extracting(3..<5)
    guard !digits.byteOffsets.contains(where: { digits.byte(at: $0) == 0x2B }) else { return nil }
    return digits.utf8Text.flatMap { UInt8($0, radix: 16) }
  }

  /// Appends what stands for the bytes of an unknown character.
  func appendUnknown(_ bytes: RawSpan, to ids: inout [Int]) {
    if let byteIDs {
      for offset in bytes.byteOffsets { ids.append(Int(byteIDs[Int(bytes.byte(at: offset))])) }
    } else if let unknownID, !(joinsUnknown && ids.last == Int(unknownID)) {
      ids.append(Int(unknownID))
    }
  }
}
