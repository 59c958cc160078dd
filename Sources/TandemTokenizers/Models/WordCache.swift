import TandemBytes

/// The tokens of the words of one text that have occurred in it: most words occur again.
///
/// Refers to the text itself, so that nothing of it is copied.
struct WordCache {
  private struct Entry {
    let text: Range<Int32>
    let ids: Range<Int32>
  }

  /// Enough for a book's vocabulary; later words are encoded each time.
  private static let entryLimit = 1 << 16
  /// Longer words are rare, and hashing them is not.
  static let byteLimit = 64

  private var entries: [Entry] = []
  // The entry's index plus one; 0 where there is none.
  private var slots: [UInt32]
  private let key = KeyedHash.Key()

  /// - Parameter textByteCount: The text's length, which bounds how many words there are.
  init(textByteCount: Int) {
    var size = 16
    while size < min(textByteCount / 2, 2 * Self.entryLimit) { size *= 2 }
    slots = [UInt32](repeating: 0, count: size)
  }

  /// The place of a word, or where it is to be stored.
  func slot(_ word: RawSpan, in text: RawSpan) -> Int {
    let mask = slots.count - 1
    var slot = key.hash(word) & mask
    while slots[slot] != 0 {
      let known = entries[Int(slots[slot]) - 1].text
      if text.extracting(Int(known.lowerBound)..<Int(known.upperBound)).equals(word) { break }
      slot = (slot + 1) & mask
    }
    return slot
  }

  /// Where the tokens of the word at a place are, nil if it has not occurred.
  func ids(at slot: Int) -> Range<Int>? {
    if slots[slot] == 0 { return nil }
    let ids = entries[Int(slots[slot]) - 1].ids
    return Int(ids.lowerBound)..<Int(ids.upperBound)
  }

  /// Keeps a word at the place where it would be.
  mutating func insert(_ text: Range<Int>, ids: Range<Int>, at slot: Int) {
    guard entries.count < min(Self.entryLimit, slots.count / 2) else { return }
    entries.append(
      Entry(
        text: Int32(text.lowerBound)..<Int32(text.upperBound),
        ids: Int32(ids.lowerBound)..<Int32(ids.upperBound)))
    slots[slot] = UInt32(entries.count)
  }
}
