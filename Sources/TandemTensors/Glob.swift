/// A pattern for names: `*` stands for any text, `?` for one character, `[a-z]` for one of a set,
/// `[!…]` for one of no set.
public struct Glob: Sendable, Hashable, CustomStringConvertible {
  public let description: String
  private let parts: [Part]

  private enum Part: Hashable {
    case any
    case one
    case exactly(Unicode.Scalar)
    case oneOf([ClosedRange<Unicode.Scalar>], isNegated: Bool)

    func matches(_ scalar: Unicode.Scalar) -> Bool {
      switch self {
      case .any, .one: true
      case .exactly(let wanted): scalar == wanted
      case .oneOf(let ranges, let isNegated): ranges.contains { $0.contains(scalar) } != isNegated
      }
    }
  }

  /// Reads a pattern; a bracket that is not closed stands for itself.
  public init(_ pattern: String) {
    description = pattern
    var parts: [Part] = []
    var rest = Array(pattern.unicodeScalars)[...]
    while let scalar = rest.popFirst() {
      switch scalar {
      case "*": if parts.last != .any { parts.append(.any) }
      case "?": parts.append(.one)
      case "[":
        if let set = Self.set(&rest) { parts.append(set) } else { parts.append(.exactly("[")) }
      default: parts.append(.exactly(scalar))
      }
    }
    self.parts = parts
  }

  /// The set behind a bracket, which is taken off; nil if it is not closed.
  private static func set(_ rest: inout ArraySlice<Unicode.Scalar>) -> Part? {
    var content = rest
    let isNegated = content.first == "!" || content.first == "^"
    if isNegated { content.removeFirst() }
    // A bracket in the first place belongs to the set.
    guard let end = content.dropFirst().firstIndex(of: "]") else { return nil }
    let members = Array(content[..<end])
    rest = content[(end + 1)...]
    var ranges: [ClosedRange<Unicode.Scalar>] = []
    var index = 0
    while index < members.count {
      let isRange = index + 2 < members.count && members[index + 1] == "-"
      let last = isRange ? members[index + 2] : members[index]
      if members[index] <= last { ranges.append(members[index]...last) }
      index += isRange ? 3 : 1
    }
    return .oneOf(ranges, isNegated: isNegated)
  }

  /// Whether a whole name fits the pattern.
  ///
  /// - Complexity: O(*n* · *m*) at worst, without recursion: only the last `*` is ever tried again.
  public func matches(_ name: String) -> Bool {
    let scalars = Array(name.unicodeScalars)
    var position = 0
    var part = 0
    var retry: (part: Int, position: Int)?
    while position < scalars.count {
      if part < parts.count, parts[part] == .any {
        retry = (part, position)
        part += 1
      } else if part < parts.count, parts[part].matches(scalars[position]) {
        part += 1
        position += 1
      } else if let last = retry {
        retry = (last.part, last.position + 1)
        (part, position) = (last.part + 1, last.position + 1)
      } else {
        return false
      }
    }
    return parts[part...].allSatisfy { $0 == .any }
  }
}
