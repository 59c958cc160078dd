/// Finds names that are equal byte by byte among those of a list, and keeps of each only its number
/// in the list: four to sixteen bytes a name.
public struct NameTable {
  /// Numbers of names, in the place that a name's hash gives or the next that is free.
  private var slots: [UInt32] = []
  private var count = 0

  public init() {}

  /// Adds a name unless an equal one is there.
  ///
  /// - Parameters:
  ///   - number: The name's place in the list.
  ///   - name: Gives the name at a place.
  /// - Returns: The place of the equal name that is there already.
  /// - Complexity: O(1) but for the bytes of the name; whoever makes names does not know the hash.
  public mutating func insert(_ number: Int, _ name: (Int) -> String) -> Int? {
    // At most half full: probes stay short.
    if 2 * (count + 1) > slots.count { grow(name) }
    let text = name(number)
    let slot = slot(of: text, name)
    if slots[slot] != Self.free { return Int(slots[slot]) }
    slots[slot] = UInt32(number)
    count += 1
    return nil
  }

  /// Whether a name is there.
  public func contains(_ text: String, _ name: (Int) -> String) -> Bool {
    !slots.isEmpty && slots[slot(of: text, name)] != Self.free
  }

  private static var free: UInt32 { .max }

  /// The slot that holds a name, or that it would get.
  private func slot(of text: String, _ name: (Int) -> String) -> Int {
    var slot = Self.hash(text) & (slots.count - 1)
    while slots[slot] != Self.free, !name(Int(slots[slot])).utf8.elementsEqual(text.utf8) {
      slot = (slot + 1) & (slots.count - 1)
    }
    return slot
  }

  private mutating func grow(_ name: (Int) -> String) {
    let old = slots
    slots = [UInt32](repeating: Self.free, count: max(16, 2 * old.count))
    for number in old where number != Self.free {
      slots[slot(of: name(Int(number)), name)] = number
    }
  }

  private static func hash(_ text: String) -> Int {
    var hasher = Hasher()
    var copy = text
    // SAFETY: the buffer is read before the closure returns.
    copy.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    return hasher.finalize()
  }
}
