import TandemBytes
import TandemModels

/// Finds merge rules by their two sides; a rule's rank is its place in the list.
struct MergeTable: PairRules, Sendable {
  private let rules: [MergeRule]
  // The rule's index plus one; 0 where there is none.
  private var slots: [UInt32]
  private let key = KeyedHash.Key()

  /// Of rules with the same sides the first counts.
  ///
  /// - Complexity: O(*n*).
  init(_ rules: [MergeRule]) {
    self.rules = rules
    var size = 16
    while size < 2 * rules.count { size *= 2 }
    slots = [UInt32](repeating: 0, count: size)
    for (index, rule) in rules.enumerated() {
      let slot = slot(rule.left, rule.right)
      if slots[slot] == 0 { slots[slot] = UInt32(index + 1) }
    }
  }

  func merge(_ left: UInt32, _ right: UInt32, text: RawSpan) -> PairMerge? {
    let index = slots[slot(left, right)]
    return index == 0 ? nil : PairMerge(rank: index - 1, id: rules[Int(index) - 1].merged)
  }

  /// The place of a rule, or where it would be.
  private func slot(_ left: UInt32, _ right: UInt32) -> Int {
    let mask = slots.count - 1
    var slot = key.hash(UInt64(left) << 32 | UInt64(right)) & mask
    while slots[slot] != 0 {
      let rule = rules[Int(slots[slot]) - 1]
      if rule.left == left && rule.right == right { break }
      slot = (slot + 1) & mask
    }
    return slot
  }
}
