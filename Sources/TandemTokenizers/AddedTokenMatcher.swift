import TandemBytes
import TandemModels

/// Finds the tokens that are told from a text as a whole: the longest at the leftmost place.
///
/// A tree of bytes in flat arrays: the children of a node are linked through `siblings`.
struct AddedTokenMatcher: Sendable {
  /// The longest text of such a token: it bounds how often a byte of a text is looked at.
  static let byteLimit = 1024

  private struct Node: Sendable {
    let byte: UInt8
    var firstChild: Int32 = -1
    var sibling: Int32 = -1
    /// The index of the token that ends here.
    var token: Int32 = -1
  }

  private var nodes: [Node] = []
  // The node of each first byte.
  private var roots = [Int32](repeating: -1, count: 256)
  private(set) var tokens: [AddedToken] = []

  /// Adds a token under its text; of two with one text the first counts.
  mutating func add(_ token: AddedToken, text: RawSpan) {
    guard !text.isEmpty, text.byteCount <= Self.byteLimit else { return }
    let first = text.byte(at: 0)
    if roots[Int(first)] < 0 {
      roots[Int(first)] = Int32(nodes.count)
      nodes.append(Node(byte: first))
    }
    var node = roots[Int(first)]
    for offset in text.byteOffsets.dropFirst() {
      let byte = text.byte(at: offset)
      var child = self.child(of: node, byte)
      if child < 0 {
        child = Int32(nodes.count)
        nodes.append(Node(byte: byte, sibling: nodes[Int(node)].firstChild))
        nodes[Int(node)].firstChild = child
      }
      node = child
    }
    guard nodes[Int(node)].token < 0 else { return }
    nodes[Int(node)].token = Int32(tokens.count)
    tokens.append(token)
  }

  private func child(of node: Int32, _ byte: UInt8) -> Int32 {
    var child = nodes[Int(node)].firstChild
    while child >= 0, nodes[Int(child)].byte != byte { child = nodes[Int(child)].sibling }
    return child
  }

  var isEmpty: Bool { nodes.isEmpty }

  /// The first token at or behind an offset, and where it stands.
  ///
  /// - Parameter ignoresSpecial: Whether special tokens are plain text.
  func next(
    in text: RawSpan, from start: Int, ignoringSpecial ignoresSpecial: Bool
  ) -> (token: AddedToken, range: Range<Int>)? {
    for offset in start..<text.byteCount {
      let root = roots[Int(text.byte(at: offset))]
      guard root >= 0 else { continue }
      if let (token, end) = longest(in: text, at: offset, root, ignoresSpecial) {
        return (token, offset..<end)
      }
    }
    return nil
  }

  private func longest(
    in text: RawSpan, at start: Int, _ root: Int32, _ ignoresSpecial: Bool
  ) -> (AddedToken, end: Int)? {
    var node = root
    var offset = start
    var found: (AddedToken, end: Int)?
    while node >= 0 {
      offset += 1
      let index = nodes[Int(node)].token
      if index >= 0, !(ignoresSpecial && tokens[Int(index)].isSpecial) {
        found = (tokens[Int(index)], offset)
      }
      guard offset < text.byteCount else { break }
      node = child(of: node, text.byte(at: offset))
    }
    return found
  }
}
