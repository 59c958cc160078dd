import TandemBytes

/// Watches a text that comes in pieces for texts that end it, and holds back what may become one.
struct StopTexts {
  private let stops: [[UInt8]]
  private var held: [UInt8] = []
  private(set) var isFound = false

  init(_ texts: [String]) {
    stops = texts.map { Array($0.utf8) }.filter { !$0.isEmpty }
  }

  /// The text that becomes certain with one more piece: nothing any more once a stop is found.
  mutating func append(_ piece: String) -> String {
    if isFound { return "" }
    if stops.isEmpty { return piece }
    held += piece.utf8
    for start in held.indices {
      let rest = held[start...]
      if stops.contains(where: rest.starts(with:)) {
        isFound = true
        return take(start)
      }
      // What a stop may begin with stays until more is known.
      if stops.contains(where: { $0.starts(with: rest) }) { return take(start) }
    }
    return take(held.count)
  }

  /// The text that is held back, which becomes no stop any more.
  mutating func finish() -> String {
    isFound ? "" : take(held.count)
  }

  /// The first bytes. A stop begins with a whole character, so they end with one.
  private mutating func take(_ count: Int) -> String {
    defer { held.removeFirst(count) }
    return held.rawSpan.extracting(0..<count).lossyText
  }
}
