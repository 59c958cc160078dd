import Synchronization

/// Parts of pages at the ends of stretches, which neighbours share: the first to come leaves its
/// part here, the second takes it and writes the page.
final class PageEnds: Sendable {
  struct Part {
    /// File offsets, within one page.
    let range: Range<Int>
    let bytes: [UInt8]
  }

  private let parts = Mutex<[Int: Part]>([:])

  /// Joins a part with the one that is here of the same page, if there is one.
  ///
  /// - Returns: The page if it is whole now; else nil, and the part stays here.
  func join(_ part: Part, page: Int) -> [UInt8]? {
    parts.withLock { parts in
      let joined = parts[page].map { $0.joined(with: part) } ?? part
      let isWhole = joined.range.count == FileStretch.pageByteCount
      parts[page] = isWhole ? nil : joined
      return isWhole ? joined.bytes : nil
    }
  }

  /// The parts that nobody took: the first and the last of a file.
  var rest: [Part] { parts.withLock { Array($0.values) } }
}

extension PageEnds.Part {
  /// Both parts and the zeros between them.
  fileprivate func joined(with other: Self) -> Self {
    let (first, second) = range.lowerBound < other.range.lowerBound ? (self, other) : (other, self)
    let gap = [UInt8](repeating: 0, count: second.range.lowerBound - first.range.upperBound)
    return Self(
      range: first.range.lowerBound..<second.range.upperBound,
      bytes: first.bytes + gap + second.bytes)
  }
}
