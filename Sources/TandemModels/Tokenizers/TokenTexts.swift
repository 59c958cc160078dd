import TandemBytes

/// Many short byte strings in one block of memory.
///
/// A token's text is what its source stores, byte for byte, which may be other than UTF-8.
public struct TokenTexts: Sendable {
  private var bytes: [UInt8] = []
  private var ends: [Int] = []

  public init() {}

  public var count: Int { ends.count }

  /// The bytes of all texts.
  public var byteCount: Int { bytes.count }

  /// The bytes of a text.
  ///
  /// - Precondition: The index is below ``count``.
  public subscript(_ index: Int) -> RawSpan {
    @_lifetime(borrow self)
    get { bytes.rawSpan.extracting(range(index)) }
  }

  /// The bytes of two texts that follow each other, as one.
  ///
  /// - Precondition: The index after this one is below ``count``.
  @_lifetime(borrow self)
  func joined(_ index: Int) -> RawSpan {
    bytes.rawSpan.extracting(range(index).lowerBound..<range(index + 1).upperBound)
  }

  /// A text for a person; bytes that are not UTF-8 become U+FFFD.
  public func text(_ index: Int) -> String { self[index].lossyText }

  mutating func append(_ text: RawSpan) {
    bytes.append(text)
    ends.append(bytes.count)
  }

  mutating func append(_ text: String) {
    bytes.append(contentsOf: text.utf8)
    ends.append(bytes.count)
  }

  private func range(_ index: Int) -> Range<Int> {
    (index == 0 ? 0 : ends[index - 1])..<ends[index]
  }
}

/// Finds texts by their bytes.
///
/// Not a dictionary of strings, because strings are equal that differ in bytes, and because it
/// takes 16 to 32 bytes a text.
struct TokenIndex: Sendable {
  // The text's index plus one in the lower half, the upper half of its hash in the upper one; 0
  // where there is none. Texts lie anywhere in memory, and are looked at only where hashes agree.
  private var slots: [UInt64]
  private let key = KeyedHash.Key()

  /// Makes room for a number of texts.
  init(capacity: Int) {
    var size = 16
    while size < 2 * capacity { size *= 2 }
    slots = [UInt64](repeating: 0, count: size)
  }

  /// Adds a text, unless there is one of the same bytes.
  ///
  /// - Returns: The index of the one that is there.
  mutating func insert(_ index: Int, of texts: TokenTexts) -> Int? {
    let hash = key.hash(texts[index])
    let slot = slot(of: texts[index], hash, texts)
    if slots[slot] != 0 { return Self.index(slots[slot]) }
    slots[slot] = Self.upperHalf(hash) | UInt64(index + 1)
    return nil
  }

  /// The index of a text, nil if it was not added.
  func find(_ text: RawSpan, in texts: TokenTexts) -> Int? {
    let entry = slots[slot(of: text, key.hash(text), texts)]
    return entry == 0 ? nil : Self.index(entry)
  }

  /// The place of a text, or where it would be.
  private func slot(of text: RawSpan, _ hash: Int, _ texts: TokenTexts) -> Int {
    let mask = slots.count - 1
    let half = Self.upperHalf(hash)
    var slot = hash & mask
    while slots[slot] != 0 {
      if Self.upperHalf(slots[slot]) == half, texts[Self.index(slots[slot])].equals(text) { break }
      slot = (slot + 1) & mask
    }
    return slot
  }

  private static func upperHalf(_ number: some BinaryInteger) -> UInt64 {
    UInt64(truncatingIfNeeded: number) & ~0xFFFF_FFFF
  }

  private static func index(_ entry: UInt64) -> Int { Int(entry & 0xFFFF_FFFF) - 1 }
}
