/// The tests that are known.
enum TemplateTests {
  static let names: Set = [
    "boolean", "callable", "defined", "divisibleby", "eq", "equalto", "even", "false", "float",
    "ge", "greaterthan", "gt", "in", "integer", "iterable", "le", "lessthan", "lower", "lt",
    "mapping", "ne", "none", "number", "odd", "sequence", "string", "true", "undefined", "upper",
  ]
}

extension TemplateRun {
  /// Whether a test holds for a value.
  mutating func test(
    _ value: TemplateValue, _ name: String, _ arguments: Values, _ offset: Int
  ) throws(FailureAt) -> Bool {
    if let holds = Self.kindTest(value, name) { return holds }
    switch name {
    case "even", "odd", "divisibleby":
      let divisor =
        name == "divisibleby"
        ? try arguments.bound(to: ["num"], of: name, offset)[0]?.integer ?? 0 : 2
      guard let number = value.integer, divisor != 0 else {
        throw FailureAt(offset: offset, message: "'\(name)' takes integers, not zero")
      }
      let rest = number.remainderReportingOverflow(dividingBy: divisor).partialValue
      return (rest == 0) != (name == "odd")
    case "lower", "upper":
      let text = try text(of: value, offset)
      try charge(text.utf8.count, offset)
      let cased = text.unicodeScalars.filter(\.properties.isCased)
      return !cased.isEmpty
        && cased.allSatisfy {
          name == "upper" ? $0.properties.isUppercase : $0.properties.isLowercase
        }
    default:
      guard let other = try arguments.bound(to: ["other"], of: name, offset)[0] else {
        throw FailureAt(offset: offset, message: "the test '\(name)' takes an argument")
      }
      return try comparisonTest(value, name, other, offset)
    }
  }

  /// The result of a test for a value's kind; nil if it is another test.
  private static func kindTest(_ value: TemplateValue, _ name: String) -> Bool? {
    switch (name, value) {
    case ("defined", _): !value.isUndefined
    case ("undefined", _): value.isUndefined
    case ("none", .none), ("string", .string), ("mapping", .map), ("boolean", .bool),
      ("float", .float), ("integer", .int), ("callable", .macro):
      true
    case ("true", .bool(let value)): value
    case ("false", .bool(let value)): !value
    case ("number", .int), ("number", .float), ("number", .bool): true
    case ("sequence", .string), ("sequence", .list), ("sequence", .map), ("sequence", .undefined),
      ("iterable", .string), ("iterable", .list), ("iterable", .map), ("iterable", .undefined):
      true
    case ("none", _), ("string", _), ("mapping", _), ("boolean", _), ("float", _), ("integer", _),
      ("callable", _), ("true", _), ("false", _), ("number", _), ("sequence", _), ("iterable", _):
      false
    default: nil
    }
  }

  private mutating func comparisonTest(
    _ value: TemplateValue, _ name: String, _ other: TemplateValue, _ offset: Int
  ) throws(FailureAt) -> Bool {
    switch name {
    case "eq", "equalto": return try equal(value, other, offset)
    case "ne": return !(try equal(value, other, offset))
    case "in": return try contains(other, value, offset)
    case "lt", "lessthan": return try order(value, other, offset).map { $0 < 0 } ?? false
    case "le": return try order(value, other, offset).map { $0 <= 0 } ?? false
    case "gt", "greaterthan": return try order(value, other, offset).map { $0 > 0 } ?? false
    default: return try order(value, other, offset).map { $0 >= 0 } ?? false
    }
  }
}
