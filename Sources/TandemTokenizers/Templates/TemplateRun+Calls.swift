extension TemplateRun {
  /// The largest list that `range` makes.
  private static let rangeLimit = 100_000

  /// Calls a function, a macro or a method.
  mutating func call(
    _ callee: Expression, _ arguments: Arguments, _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    if case .attribute(let base, let name) = callee.kind {
      let value = try evaluate(base)
      let values = try values(arguments)
      if let result = try method(name, of: value, values, offset) { return result }
      throw FailureAt(offset: callee.offset, message: "\(value.kind) has no method '\(name)'")
    }
    guard case .name(let name) = callee.kind else {
      throw FailureAt(offset: offset, message: "only names and methods can be called")
    }
    let values = try values(arguments)
    switch value(of: name) {
    case .macro(let macro)?: return try call(macro, values, offset)
    case nil, .undefined?: return try function(name, values, offset)
    case let value?:
      throw FailureAt(offset: offset, message: "'\(name)' is \(value.kind), which is not called")
    }
  }

  private mutating func function(
    _ name: String, _ arguments: Values, _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    switch name {
    case "raise_exception":
      let message = try arguments.bound(to: ["message"], of: name, offset)[0] ?? .undefined
      throw FailureAt(offset: offset, message: try text(of: message, offset), isRaised: true)
    case "namespace", "dict":
      guard arguments.positional.isEmpty else {
        throw FailureAt(offset: offset, message: "'\(name)' takes named arguments only")
      }
      let members = arguments.named.map { (key: $0.name, value: $0.value) }
      if name == "dict" { return try map(members, offset) }
      namespaces.append(members)
      return .namespace(namespaces.count - 1)
    case "range": return try range(arguments, offset)
    default: throw FailureAt(offset: offset, message: "the function '\(name)' is not known")
    }
  }

  private mutating func range(
    _ arguments: Values, _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    let numbers = arguments.positional.compactMap(\.integer)
    guard 1...3 ~= numbers.count, numbers.count == arguments.positional.count,
      arguments.named.isEmpty, numbers.count < 3 || numbers[2] != 0
    else { throw FailureAt(offset: offset, message: "'range' takes one to three integers") }
    let start = numbers.count > 1 ? numbers[0] : 0
    let stop = numbers.count > 1 ? numbers[1] : numbers[0]
    let indices = stride(from: start, to: stop, by: numbers.count > 2 ? numbers[2] : 1)
    let elements = indices.prefix(Self.rangeLimit + 1).map { TemplateValue.int($0) }
    guard elements.count <= Self.rangeLimit else {
      throw FailureAt(
        offset: offset, message: "'range' gives more than \(Self.rangeLimit) numbers")
    }
    return try list(elements, offset)
  }

  // MARK: Methods

  /// The result of a method; nil if a value has none of that name.
  private mutating func method(
    _ name: String, of value: TemplateValue, _ arguments: Values, _ offset: Int
  ) throws(FailureAt) -> TemplateValue? {
    switch value {
    case .string(let text):
      try charge(text.utf8.count, offset)
      return try method(name, of: text, arguments, offset)
    case .map(let map):
      try charge(map.members.count, offset)
      return try method(name, of: map, arguments, offset)
    case .namespace(let number):
      guard case .macro(let macro)? = namespaces[number].first(where: { $0.key == name })?.value
      else { return nil }
      return try call(macro, arguments, offset)
    default: return nil
    }
  }

  private mutating func method(
    _ name: String, of map: TemplateMap, _ arguments: Values, _ offset: Int
  ) throws(FailureAt) -> TemplateValue? {
    switch name {
    case "items": return try pairs(of: map, offset)
    case "keys": return try list(map.members.map { .string($0.key) }, offset)
    case "values": return try list(map.members.map(\.value), offset)
    case "get":
      let bound = try arguments.bound(to: ["key", "default"], of: name, offset)
      guard case .string(let key)? = bound[0] else { return bound[1] ?? TemplateValue.none }
      return map[key] ?? bound[1] ?? TemplateValue.none
    case "cycle" where map["revindex0"] != nil:
      // Only the variable `loop` has this member.
      guard !arguments.positional.isEmpty, let index = map["index0"]?.integer else { return nil }
      return arguments.positional[index % arguments.positional.count]
    default: return nil
    }
  }

  /// Key and value of each member, as lists of two.
  mutating func pairs(of map: TemplateMap, _ offset: Int) throws(FailureAt) -> TemplateValue {
    try list(map.members.map { .list([.string($0.key), $0.value]) }, offset)
  }

  private mutating func method(
    _ name: String, of text: String, _ arguments: Values, _ offset: Int
  ) throws(FailureAt) -> TemplateValue? {
    switch name {
    case "strip", "lstrip", "rstrip":
      return try stripped(text, name, arguments, offset)
    case "startswith", "endswith":
      let part = try strings(arguments, ["prefix"], name, offset)
      let bytes = Array(text.utf8)
      return .bool(
        name == "startswith"
          ? bytes.starts(with: part[0].utf8)
          : bytes.reversed().starts(with: part[0].utf8.reversed()))
    case "split": return try split(text, arguments, offset)
    case "splitlines": return try lines(text, offset)
    case "replace":
      let parts = try strings(arguments, ["old", "new"], name, offset)
      return try replaced(text, parts[0], parts[1], offset)
    case "join":
      let values = try arguments.bound(to: ["iterable"], of: name, offset)
      return try joined(try elements(of: values[0] ?? .undefined, offset), text, offset)
    case "find", "count":
      let part = try strings(arguments, ["part"], name, offset)
      return .int(name == "find" ? Self.find(part[0], in: text) : Self.count(part[0], in: text))
    case "upper", "lower", "capitalize", "title":
      return try cased(text, name, offset)
    case "isdigit", "isalpha", "isspace", "isupper", "islower":
      return .bool(Self.isAll(text, name))
    default: return nil
    }
  }

  /// Arguments that must be strings.
  private func strings(
    _ arguments: Values, _ names: [String], _ what: String, _ offset: Int
  ) throws(FailureAt) -> [String] {
    var strings: [String] = []
    for value in try arguments.bound(to: names, of: what, offset) {
      guard case .string(let text)? = value else {
        throw FailureAt(offset: offset, message: "'\(what)' takes \(names.count) strings")
      }
      strings.append(text)
    }
    return strings
  }

  private mutating func stripped(
    _ text: String, _ name: String, _ arguments: Values, _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    let (left, right) = (name != "rstrip", name != "lstrip")
    guard case .string(let characters)? = try arguments.bound(to: ["chars"], of: name, offset)[0]
    else { return try string(PythonText.stripped(text, left: left, right: right), offset) }
    let set = Set(characters.unicodeScalars)
    return try string(
      PythonText.stripped(text, left: left, right: right) { set.contains($0) }, offset)
  }

  private mutating func split(
    _ text: String, _ arguments: Values, _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    let bound = try arguments.bound(to: ["sep", "maxsplit"], of: "split", offset)
    let limit = bound[1].flatMap(\.integer) ?? -1
    let most = limit < 0 ? Int.max : limit
    guard case .string(let separator)? = bound[0] else {
      let parts = text.unicodeScalars.split(
        maxSplits: most, omittingEmptySubsequences: true, whereSeparator: PythonText.isSpace)
      return try list(parts.map { .string(String($0)) }, offset)
    }
    guard !separator.isEmpty else {
      throw FailureAt(offset: offset, message: "the separator is empty")
    }
    let (bytes, part) = (Array(text.utf8), Array(separator.utf8))
    var parts: [TemplateValue] = []
    var start = 0
    while parts.count < most, let found = bytes.firstRange(of: part, from: start) {
      parts.append(.string(String(decoding: bytes[start..<found.lowerBound], as: UTF8.self)))
      start = found.upperBound
    }
    parts.append(.string(String(decoding: bytes[start...], as: UTF8.self)))
    return try list(parts, offset)
  }

  private mutating func lines(_ text: String, _ offset: Int) throws(FailureAt) -> TemplateValue {
    var lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
    if lines.last?.isEmpty ?? false { lines.removeLast() }
    return try list(
      lines.map { .string(String(decoding: $0.last == 0x0D ? $0.dropLast() : $0, as: UTF8.self)) },
      offset)
  }

  mutating func replaced(
    _ text: String, _ old: String, _ new: String, _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    // An empty text stands between all characters.
    let count = old.isEmpty ? text.unicodeScalars.count + 1 : Self.count(old, in: text)
    let (size, overflow) = count.multipliedReportingOverflow(by: new.utf8.count)
    try charge(overflow ? .max / 2 : size, offset)
    if old.isEmpty {
      return try string(
        new + text.unicodeScalars.map { "\($0)\(new)" }.joined(), offset)
    }
    let bytes = Array(text.utf8).replacing(Array(old.utf8), with: Array(new.utf8))
    return try string(String(decoding: bytes, as: UTF8.self), offset)
  }

  mutating func joined(
    _ elements: [TemplateValue], _ separator: String, _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    var result = ""
    for (index, element) in elements.enumerated() {
      let part = try text(of: element, offset)
      try charge(part.utf8.count + separator.utf8.count, offset)
      result += index == 0 ? part : separator + part
    }
    return try string(result, offset)
  }

  /// The index of a part, in characters, or -1.
  private static func find(_ part: String, in text: String) -> Int {
    let bytes = Array(text.utf8)
    guard let found = bytes.firstRange(of: Array(part.utf8), from: 0) else { return -1 }
    return bytes[..<found.lowerBound].count { $0 & 0xC0 != 0x80 }
  }

  private static func count(_ part: String, in text: String) -> Int {
    if part.isEmpty { return text.unicodeScalars.count + 1 }
    let (bytes, part) = (Array(text.utf8), Array(part.utf8))
    var (count, start) = (0, 0)
    while let found = bytes.firstRange(of: part, from: start) {
      count += 1
      start = found.upperBound
    }
    return count
  }

  mutating func cased(
    _ text: String, _ name: String, _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    var result = ""
    var isInWord = false
    for scalar in text.unicodeScalars {
      let properties = scalar.properties
      let isFirst = name == "title" ? !isInWord : result.isEmpty
      switch name {
      case "upper": result += properties.uppercaseMapping
      case "lower": result += properties.lowercaseMapping
      default: result += isFirst ? properties.titlecaseMapping : properties.lowercaseMapping
      }
      isInWord = properties.isCased
    }
    return try string(result, offset)
  }

  private static func isAll(_ text: String, _ name: String) -> Bool {
    let scalars = text.unicodeScalars
    switch name {
    case "isdigit":
      return !scalars.isEmpty
        && scalars.allSatisfy {
          $0.properties.numericType == .decimal || $0.properties.numericType == .digit
        }
    case "isalpha": return !scalars.isEmpty && scalars.allSatisfy { ScalarClass($0) == .letter }
    case "isspace": return !scalars.isEmpty && scalars.allSatisfy(PythonText.isSpace)
    default:
      let cased = scalars.filter(\.properties.isCased)
      return !cased.isEmpty
        && cased.allSatisfy {
          name == "isupper" ? $0.properties.isUppercase : $0.properties.isLowercase
        }
    }
  }
}
