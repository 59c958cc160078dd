import TandemBytes

/// A value in a chat template: what JSON has, and what Jinja adds.
public enum TemplateValue: Sendable {
  /// The value of a name or key that is not there: prints as nothing, and is false.
  case undefined
  case none
  case bool(Bool)
  case int(Int)
  case float(Double)
  case string(String)
  case list(TemplateList)
  case map(TemplateMap)
  case macro(TemplateMacro)
  /// An object whose attributes a template sets: the only value that changes, by its number.
  case namespace(Int)
}

/// A list; knows how deep lists and maps lie in it, which templates must not let grow.
public struct TemplateList: Sendable {
  let elements: [TemplateValue]
  let depth: Int

  init(_ elements: [TemplateValue]) {
    self.elements = elements
    depth = 1 + (elements.lazy.map(\.depth).max() ?? 0)
  }
}

/// Members in the order in which they were added; keys are strings, told apart by their bytes.
public struct TemplateMap: Sendable {
  let members: [(key: String, value: TemplateValue)]
  let depth: Int

  /// Of equal keys the first keeps its place, and the last its value, as in Python.
  ///
  /// - Complexity: O(*n*).
  init(_ all: [(key: String, value: TemplateValue)]) {
    var members: [(key: String, value: TemplateValue)] = []
    members.reserveCapacity(all.count)
    var places: [ExactText: Int] = [:]
    for (key, value) in all {
      if let place = places[ExactText(key)] {
        members[place].value = value
      } else {
        places[ExactText(key)] = members.count
        members.append((key, value))
      }
    }
    self.members = members
    depth = 1 + (members.lazy.map(\.value.depth).max() ?? 0)
  }

  /// - Complexity: O(*n*) in the members.
  subscript(_ key: String) -> TemplateValue? {
    members.first { $0.key.isExactly(key) }?.value
  }
}

extension TemplateValue {
  public static func list(_ elements: [TemplateValue]) -> TemplateValue {
    .list(TemplateList(elements))
  }

  public static func map(_ members: [(key: String, value: TemplateValue)]) -> TemplateValue {
    .map(TemplateMap(members))
  }

  /// How deep lists and maps lie in each other.
  var depth: Int {
    switch self {
    case .list(let list): list.depth
    case .map(let map): map.depth
    default: 0
    }
  }

  /// Whether a condition holds with the value.
  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let value): value
    case .int(let value): value != 0
    case .float(let value): value != 0
    case .string(let text): !text.isEmpty
    case .list(let list): !list.elements.isEmpty
    case .map(let map): !map.members.isEmpty
    case .macro, .namespace: true
    }
  }

  var isUndefined: Bool { if case .undefined = self { true } else { false } }

  /// The value's kind for a message.
  var kind: String {
    switch self {
    case .undefined: "an undefined value"
    case .none: "none"
    case .bool: "a bool"
    case .int, .float: "a number"
    case .string: "a string"
    case .list: "a list"
    case .map: "a map"
    case .macro: "a macro"
    case .namespace: "a namespace"
    }
  }

  /// An integer, as which a bool counts too.
  var integer: Int? {
    switch self {
    case .int(let value): value
    case .bool(let value): value ? 1 : 0
    default: nil
    }
  }

  /// A number, as which a bool counts too.
  var number: Double? {
    if case .float(let value) = self { return value }
    return integer.map { Double($0) }
  }
}

extension String {
  /// Whether two texts have the same characters; `==` also holds for equivalent ones.
  func isExactly(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}

/// Why a template cannot be used, or stops, and where.
public struct TemplateFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// From 1.
  public let line: Int
  /// From 1, in characters.
  public let column: Int
  /// Half a sentence: what was found, and what is allowed.
  public let message: String
  /// Whether the template itself refuses its input, by `raise_exception`.
  public var isRaised = false

  public var description: String { "line \(line), column \(column): \(message)" }
}

/// A failure at a byte offset of a template, before its line is counted.
struct FailureAt: Error {
  let offset: Int
  let message: String
  var isRaised = false
}
