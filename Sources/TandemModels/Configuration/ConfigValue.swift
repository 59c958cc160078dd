public import TandemJSON

/// A value of a configuration, from JSON or from GGUF metadata.
public enum ConfigValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case unsigned(UInt64)
  case negative(Int64)
  case float(Double)
  case string(String)
  case list([ConfigValue])
  /// A list that is longer than any that a configuration has, or of another kind.
  case unreadList(count: Int)
  case object([String: PlacedValue])
  /// A number that neither a 64-bit integer nor a double can hold.
  case hugeNumber
}

/// A value and where it stands in its file.
public struct PlacedValue: Hashable, Sendable {
  public let value: ConfigValue
  public let offset: Int
}

extension ConfigValue {
  /// The value for a person: what it is, and the value itself if that is short.
  public var phrase: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .unsigned(let value): "\(value)"
    case .negative(let value): "\(value)"
    case .float(let value): value.isNaN ? "NaN" : "\(value)"
    case .string(let text): text.utf8.count <= 40 ? "the string '\(text)'" : "a string"
    case .list(let values): "a list of \(values.count)"
    case .unreadList(let count): "a list of \(count)"
    case .object: "an object"
    case .hugeNumber: "a number beyond every limit"
    }
  }

  public var members: [String: PlacedValue]? {
    if case .object(let members) = self { members } else { nil }
  }

  /// The value of a member of an object.
  public subscript(_ key: String) -> ConfigValue? { members?[key]?.value }

  /// The elements of a list.
  public var elements: [ConfigValue]? { if case .list(let values) = self { values } else { nil } }

  public var string: String? { if case .string(let text) = self { text } else { nil } }

  /// Whether the value, or one in it, is NaN or infinite.
  var hasNonFinite: Bool {
    switch self {
    case .float(let value): !value.isFinite
    case .list(let values): values.contains(where: \.hasNonFinite)
    case .object(let members): members.values.contains { $0.value.hasNonFinite }
    default: false
    }
  }
}

extension ConfigValue {
  /// Reads the next value of a JSON text; of equal keys the last counts.
  public init(_ json: inout JSONReader) throws(JSONFailure) {
    switch try json.peek() {
    case .null:
      try json.skipValue()
      self = .null
    case .bool: self = .bool(try json.bool())
    case .string: self = .string(try json.string())
    case .number: self = try Self.number(&json)
    case .array:
      var values: [ConfigValue] = []
      try json.beginArray()
      while try json.nextElement() { values.append(try ConfigValue(&json)) }
      self = .list(values)
    case .object:
      var members: [String: PlacedValue] = [:]
      try json.beginObject()
      while let key = try json.nextKey() {
        _ = try json.peek()
        let offset = json.offset
        members[key] = PlacedValue(value: try ConfigValue(&json), offset: offset)
      }
      self = .object(members)
    }
  }

  private static func number(_ json: inout JSONReader) throws(JSONFailure) -> ConfigValue {
    do throws(JSONFailure) {
      return switch try json.number() {
      case .unsigned(let value): .unsigned(value)
      case .negative(let value): .negative(value)
      case .double(let value): .float(value)
      }
    } catch {
      guard error.kind == .unexpectedValue else { throw error }
      try json.skipValue()
      return .hugeNumber
    }
  }
}
