internal import TandemBytes

/// The path of a shard of a split GGUF model: `NAME-00001-of-00003.gguf`.
public struct GGUFShardName {
  /// The path up to the number.
  public let stem: String
  /// Counted from 1.
  let number: Int
  let count: Int

  /// Nil if the path is none of a shard.
  public init?(_ path: String) {
    let suffix = Array(path.utf8.suffix("-00001-of-00003.gguf".utf8.count))
    guard
      let number = Self.number(suffix.prefix(6)), let count = Self.number(suffix.dropFirst(9)),
      suffix.elementsEqual(Self.suffix(number, count).utf8), 1...max(count, 1) ~= number
    else { return nil }
    stem = String(path.dropLast(suffix.count))
    self.number = number
    self.count = count
  }

  /// The path of a shard of the same model.
  func path(of number: Int) -> String { stem + Self.suffix(number, count) }

  /// The end of a shard's name.
  static func suffix(_ number: Int, _ count: Int) -> String {
    "-\(digits(number))-of-\(digits(count)).gguf"
  }

  private static func digits(_ number: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, 5 - text.count)) + text
  }

  /// The number of five digits behind one byte.
  private static func number(_ bytes: some Collection<UInt8>) -> Int? {
    Int(String(decoding: bytes.dropFirst().prefix(5), as: UTF8.self))
  }
}
