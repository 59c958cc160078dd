/// Why a text is not the JSON that was expected, and where.
public struct JSONFailure: Error, Hashable, Sendable {
  /// What kind of rule is broken.
  public enum Kind: Hashable, Sendable {
    /// Grammar, UTF-8, depth: RFC 8259.
    case syntax
    /// A key stands twice in one object.
    case duplicateKey
    /// Valid JSON of another type or range than this place needs.
    case unexpectedValue
  }

  public let kind: Kind
  /// The byte offset in the text.
  public let offset: Int
  /// Half a sentence with what was found and what is allowed.
  public let message: String

  public init(_ kind: Kind, at offset: Int, _ message: String) {
    self.kind = kind
    self.offset = offset
    self.message = message
  }
}

extension JSONFailure: CustomStringConvertible {
  /// The message with its place: `a value is expected, found ']' at byte 4`.
  public var description: String { "\(message) at byte \(offset)" }
}
