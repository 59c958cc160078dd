import TandemBytes

/// What two neighbours become, and when.
struct PairMerge {
  /// Of all pairs in a word the one with the lowest is merged first; of equal ones the leftmost.
  let rank: UInt32
  let id: UInt32
}

/// The rules by which neighbouring symbols of a word become one.
protocol PairRules {
  /// What two neighbours become, nil if they stay apart.
  ///
  /// - Parameter text: The text of both.
  func merge(_ left: UInt32, _ right: UInt32, text: RawSpan) -> PairMerge?
}

/// Merges the symbols of one word, pair by pair; its memory serves one word after the other.
///
/// Symbols form a linked list, and a heap holds the pairs that can be merged, some of which have
/// meanwhile gone: a word of *n* symbols takes O(*n* log *n*), however long it is.
struct PairMerger {
  /// The id of a symbol that is no token.
  static let none = UInt32.max

  private struct Symbol {
    var start: Int32
    var id: UInt32
    var previous: Int32
    var next: Int32
    /// The rank of the pair that begins here, and what it becomes; `none` if it stays apart.
    var rank = PairMerger.none
    var mergedID = PairMerger.none
  }

  private var symbols: [Symbol] = []
  // Rank in the upper half, the left symbol's index in the lower one: the smallest is next.
  private var heap: [UInt64] = []

  /// Begins a word.
  mutating func removeAll() {
    symbols.removeAll(keepingCapacity: true)
    heap.removeAll(keepingCapacity: true)
  }

  /// Appends a symbol that begins at an offset of the word.
  mutating func append(_ id: UInt32, at start: Int) {
    let index = Int32(symbols.count)
    if index > 0 { symbols[Int(index) - 1].next = index }
    symbols.append(Symbol(start: Int32(start), id: id, previous: index - 1, next: -1))
  }

  /// Merges until no pair is left, and passes what remains: tokens, or none, and their bytes.
  mutating func merge(
    _ word: RawSpan, by rules: some PairRules, _ body: (UInt32, Range<Int>) -> Void
  ) {
    if symbols.isEmpty { return }
    for index in symbols.indices { rank(index, word, rules) }
    while let key = popSmallest() {
      let left = Int(key & 0xFFFF_FFFF)
      // A pair that has gone since it was pushed has another rank now, or none.
      guard symbols[left].rank == UInt32(key >> 32) else { continue }
      join(left)
      rank(left, word, rules)
      if symbols[left].previous >= 0 { rank(Int(symbols[left].previous), word, rules) }
    }
    var index = 0
    while index >= 0 {
      let next = Int(symbols[index].next)
      body(symbols[index].id, Int(symbols[index].start)..<end(of: index, word))
      index = next
    }
  }

  private func end(of index: Int, _ word: RawSpan) -> Int {
    let next = Int(symbols[index].next)
    return next < 0 ? word.byteCount : Int(symbols[next].start)
  }

  /// Replaces a symbol and the next one by what they become.
  private mutating func join(_ left: Int) {
    let right = Int(symbols[left].next)
    symbols[left].id = symbols[left].mergedID
    symbols[left].next = symbols[right].next
    symbols[right].rank = Self.none
    if symbols[right].next >= 0 { symbols[Int(symbols[right].next)].previous = Int32(left) }
  }

  /// Looks up the pair that begins at a symbol, and pushes it if it can be merged.
  private mutating func rank(_ left: Int, _ word: RawSpan, _ rules: some PairRules) {
    symbols[left].rank = Self.none
    let right = Int(symbols[left].next)
    guard right >= 0 else { return }
    let range = Int(symbols[left].start)..<end(of: right, word)
    guard
      let merge = rules.merge(
        symbols[left].id, symbols[right].id, text: word.extracting(range))
    else { return }
    symbols[left].rank = merge.rank
    symbols[left].mergedID = merge.id
    push(UInt64(merge.rank) << 32 | UInt64(left))
  }

  private mutating func push(_ key: UInt64) {
    var child = heap.count
    heap.append(key)
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[parent] > key else { break }
      heap[child] = heap[parent]
      child = parent
    }
    heap[child] = key
  }

  private mutating func popSmallest() -> UInt64? {
    guard let smallest = heap.first, let last = heap.popLast() else { return nil }
    if heap.isEmpty { return smallest }
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
      guard heap[child] < last else { break }
      heap[parent] = heap[child]
      parent = child
    }
    heap[parent] = last
    return smallest
  }
}
