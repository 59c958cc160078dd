extension TemplateRun {
  /// The value of an expression.
  mutating func evaluate(_ expression: Expression) throws(FailureAt) -> TemplateValue {
    let offset = expression.offset
    try enter(offset)
    defer { leave() }
    switch expression.kind {
    case .literal(let value): return value
    case .name(let name): return value(of: name) ?? .undefined
    case .attribute(let base, let name):
      return try attribute(name, of: try evaluate(base), base, offset)
    case .item(let base, let key):
      let value = try evaluate(base)
      return try item(try evaluate(key), of: value, base, offset)
    case .slice(let base, let start, let stop, let step):
      return try slice(try evaluate(base), try bounds([start, stop, step]), offset)
    case .call(let callee, let arguments): return try call(callee, arguments, offset)
    case .filter(let base, let name, let arguments):
      return try filtered(try evaluate(base), name, arguments, offset)
    case .test(let base, let name, let arguments):
      let value = try evaluate(base)
      return .bool(try test(value, name, try values(arguments), offset))
    case .list(let elements): return try list(try all(elements), offset)
    case .map(let members): return try map(members, offset)
    case .not(let operand): return .bool(!(try evaluate(operand).isTrue))
    case .negative(let operand): return try negated(try evaluate(operand), offset)
    case .and(let left, let right):
      let value = try evaluate(left)
      return value.isTrue ? try evaluate(right) : value
    case .or(let left, let right):
      let value = try evaluate(left)
      return value.isTrue ? value : try evaluate(right)
    case .binary(let sign, let left, let right):
      let value = try evaluate(left)
      return try combine(sign, value, try evaluate(right), offset)
    case .comparison(let first, let rest): return .bool(try compare(first, rest))
    case .conditional(let condition, let then, let otherwise):
      if try evaluate(condition).isTrue { return try evaluate(then) }
      guard let otherwise else { return .undefined }
      return try evaluate(otherwise)
    }
  }

  private mutating func all(_ expressions: [Expression]) throws(FailureAt) -> [TemplateValue] {
    var values: [TemplateValue] = []
    for expression in expressions { values.append(try evaluate(expression)) }
    return values
  }

  mutating func values(_ arguments: Arguments) throws(FailureAt) -> Values {
    var values = Values(positional: try all(arguments.positional))
    for (name, value) in arguments.named { values.named.append((name, try evaluate(value))) }
    return values
  }

  private mutating func map(
    _ members: [(key: Expression, value: Expression)], _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    var all: [(key: String, value: TemplateValue)] = []
    for (key, value) in members {
      guard case .string(let text) = try evaluate(key) else {
        throw FailureAt(offset: key.offset, message: "a key that is a string is expected")
      }
      all.append((text, try evaluate(value)))
    }
    return try map(all, offset)
  }

  private mutating func bounds(_ parts: [Expression?]) throws(FailureAt) -> [Int?] {
    var bounds: [Int?] = []
    for part in parts {
      guard let part else {
        bounds.append(nil)
        continue
      }
      switch try evaluate(part) {
      case .none: bounds.append(nil)
      case let value:
        guard let bound = value.integer else {
          throw FailureAt(
            offset: part.offset, message: "an integer is expected, found \(value.kind)")
        }
        bounds.append(bound)
      }
    }
    return bounds
  }

  // MARK: Attributes and items

  /// What an expression is called in a message.
  private func name(_ expression: Expression) -> String {
    switch expression.kind {
    case .name(let name): "'\(name)'"
    case .attribute(_, let name): "'\(name)'"
    default: "the value"
    }
  }

  private mutating func attribute(
    _ name: String, of value: TemplateValue, _ base: Expression, _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    switch value {
    case .undefined:
      throw FailureAt(
        offset: offset, message: "\(self.name(base)) is undefined and has no '\(name)'")
    case .map(let map):
      try charge(map.members.count, offset)
      return map[name] ?? .undefined
    case .namespace(let number):
      return namespaces[number].first { $0.key == name }?.value ?? .undefined
    default: return .undefined
    }
  }

  private mutating func item(
    _ key: TemplateValue, of value: TemplateValue, _ base: Expression, _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    if case .string(let name) = key { return try attribute(name, of: value, base, offset) }
    guard let index = key.integer else { return .undefined }
    switch value {
    case .undefined:
      throw FailureAt(offset: offset, message: "\(name(base)) is undefined and has no items")
    case .list(let list):
      let place = index < 0 ? index + list.elements.count : index
      return list.elements.indices.contains(place) ? list.elements[place] : .undefined
    case .string(let text):
      try charge(text.utf8.count, offset)
      let scalars = Array(text.unicodeScalars)
      let place = index < 0 ? index + scalars.count : index
      return scalars.indices.contains(place) ? .string(String(scalars[place])) : .undefined
    default: return .undefined
    }
  }

  private mutating func slice(
    _ value: TemplateValue, _ bounds: [Int?], _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    func picked<Element>(_ elements: [Element]) throws(FailureAt) -> [Element] {
      guard let indices = Self.indices(elements.count, bounds) else {
        throw FailureAt(offset: offset, message: "a slice's step is zero")
      }
      return indices.map { elements[$0] }
    }
    switch value {
    case .list(let list): return try self.list(try picked(list.elements), offset)
    case .string(let text):
      try charge(text.utf8.count, offset)
      var result = String.UnicodeScalarView()
      result.append(contentsOf: try picked(Array(text.unicodeScalars)))
      return try string(String(result), offset)
    default:
      throw FailureAt(
        offset: offset, message: "a list or string is expected to be sliced, found \(value.kind)")
    }
  }

  /// The indices that a slice takes of so many elements, as Python's do; nil if its step is zero.
  private static func indices(_ count: Int, _ bounds: [Int?]) -> [Int]? {
    let step = bounds[2] ?? 1
    guard step != 0 else { return nil }
    func place(_ bound: Int, _ lowest: Int, _ highest: Int) -> Int {
      let place = bound < 0 ? bound.addingReportingOverflow(count).partialValue : bound
      return min(max(place, lowest), highest)
    }
    if step > 0 {
      let start = bounds[0].map { place($0, 0, count) } ?? 0
      let stop = bounds[1].map { place($0, 0, count) } ?? count
      return start < stop ? Array(stride(from: start, to: stop, by: step)) : []
    }
    let start = bounds[0].map { place($0, -1, count - 1) } ?? count - 1
    let stop = bounds[1].map { place($0, -1, count - 1) } ?? -1
    // A step over the whole list takes one element, and its negation may overflow.
    return start > stop ? Array(stride(from: start, to: stop, by: max(step, -count - 1))) : []
  }

  /// What a loop goes over: elements, keys, characters, or nothing of what is undefined.
  mutating func elements(
    of value: TemplateValue, _ offset: Int
  ) throws(FailureAt) -> [TemplateValue] {
    switch value {
    case .undefined: return []
    case .list(let list):
      try charge(list.elements.count, offset)
      return list.elements
    case .map(let map):
      try charge(map.members.count, offset)
      return map.members.map { .string($0.key) }
    case .string(let text):
      try charge(text.utf8.count, offset)
      return text.unicodeScalars.map { .string(String($0)) }
    default:
      throw FailureAt(offset: offset, message: "a list is expected, found \(value.kind)")
    }
  }
}

/// Arguments with their values.
struct Values {
  var positional: [TemplateValue] = []
  var named: [(name: String, value: TemplateValue)] = []

  /// The values of parameters, nil for those that are not given.
  func bound(
    to names: [String], of what: String, _ offset: Int
  ) throws(FailureAt) -> [TemplateValue?] {
    guard positional.count <= names.count else {
      throw FailureAt(
        offset: offset,
        message: "'\(what)' takes \(names.count) arguments, found \(positional.count)")
    }
    var bound: [TemplateValue?] = positional
    bound += [TemplateValue?](repeating: nil, count: names.count - positional.count)
    for (name, value) in named {
      guard let index = names.firstIndex(of: name), bound[index] == nil else {
        throw FailureAt(offset: offset, message: "'\(what)' has no argument '\(name)' left")
      }
      bound[index] = value
    }
    return bound
  }
}
