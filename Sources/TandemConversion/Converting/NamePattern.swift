/// A rule that gives names new ones: `model.*=*` takes a beginning off.
///
/// Each `*` on the left stands for any text; the first is as short as it can be, then the second,
/// and the last takes the rest. The stars on the right stand for the same texts in order.
public struct NamePattern: Sendable, Hashable, CustomStringConvertible {
  public let description: String
  /// The texts between the stars.
  private let from: [String]
  private let to: [String]

  /// Reads `FROM=TO`; nil without an equals sign, or if the right side has more stars.
  public init?(_ text: String) {
    let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard sides.count == 2, !sides[0].isEmpty else { return nil }
    description = text
    from = sides[0].split(separator: "*", omittingEmptySubsequences: false).map(String.init)
    to = sides[1].split(separator: "*", omittingEmptySubsequences: false).map(String.init)
    if to.count > from.count { return nil }
  }

  /// The new name; nil if the name does not match.
  ///
  /// - Complexity: O(*n*) for each star.
  public func renamed(_ name: String) -> String? {
    guard let texts = texts(in: name) else { return nil }
    return zip(to.dropFirst(), texts).reduce(to[0]) { $0 + $1.1 + $1.0 }
  }

  /// What the stars stand for; nil if the name does not match.
  private func texts(in name: String) -> [String]? {
    guard from.count > 1, let last = from.last else {
      return name.utf8.elementsEqual(from[0].utf8) ? [] : nil
    }
    guard name.utf8.count >= from[0].utf8.count + last.utf8.count, name.hasPrefix(from[0]),
      name.hasSuffix(last)
    else { return nil }
    var rest = name.dropFirst(from[0].count).dropLast(last.count)
    var texts: [String] = []
    for literal in from.dropFirst().dropLast() {
      guard
        let place = literal.isEmpty
          ? rest.startIndex..<rest.startIndex : rest.firstRange(of: literal)
      else { return nil }
      texts.append(String(rest[..<place.lowerBound]))
      rest = rest[place.upperBound...]
    }
    return texts + [String(rest)]
  }
}
