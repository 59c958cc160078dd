import TandemBytes
import TandemJSON

/// The keys of a JSON object with very many of them, as far as two can be told apart.
///
/// A key is kept as a hash and a place, not as text, and keys are compared by sorting: a set of a
/// million strings takes several times the memory of the JSON, and looks at it in no order.
struct KeyMarks {
  private struct Mark {
    let hash: Int
    /// The place of the key in the text.
    let offset: UInt32
  }

  private var marks: [Mark] = []

  mutating func reserveCapacity(_ count: Int) { marks.reserveCapacity(count) }

  /// Adds a key.
  ///
  /// - Precondition: the offset is below 2^32.
  mutating func add(_ key: String, at offset: Int) {
    marks.append(Mark(hash: ExactText(key).hashValue, offset: UInt32(offset)))
  }

  /// A key that stands where the same key stood before.
  struct Duplicate {
    fileprivate let first: UInt32
    fileprivate let second: UInt32

    var firstOffset: Int { Int(first) }
    var offset: Int { Int(second) }
  }

  /// The keys that stood before, in the order of the text.
  ///
  /// - Parameter text: The text that the offsets refer to.
  /// - Complexity: O(*n* log *n*) in the number of keys.
  mutating func duplicates(in text: RawSpan) -> [Duplicate] {
    marks.sort { ($0.hash, $0.offset) < ($1.hash, $1.offset) }
    var duplicates: [Duplicate] = []
    var start = 0
    while start < marks.count {
      var end = start + 1
      while end < marks.count, marks[end].hash == marks[start].hash { end += 1 }
      if end - start > 1 { compare(marks[start..<end], in: text, &duplicates) }
      start = end
    }
    duplicates.sort { $0.second < $1.second }
    return duplicates
  }

  /// Compares keys with the same hash, which are equal but by the rarest chance.
  private func compare(_ same: ArraySlice<Mark>, in text: RawSpan, _ found: inout [Duplicate]) {
    var firsts: [ExactText: UInt32] = [:]
    for mark in same {
      let key = ExactText(Self.key(in: text, at: Int(mark.offset)))
      if let first = firsts[key] {
        found.append(Duplicate(first: first, second: mark.offset))
      } else {
        firsts[key] = mark.offset
      }
    }
  }

  /// Reads a key again, which was found to be a string.
  static func key(in text: RawSpan, at offset: Int) -> String {
    var json = JSONReader(text.extracting(offset..<text.byteCount))
    return (try? json.string()) ?? ""
  }
}
