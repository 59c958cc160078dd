/// The filters that are known.
enum TemplateFilters {
  static let names: Set = [
    "abs", "capitalize", "count", "d", "default", "dictsort", "first", "float", "indent", "int",
    "items", "join", "last", "length", "list", "lower", "map", "reject", "rejectattr", "replace",
    "reverse", "round", "safe", "select", "selectattr", "sort", "string", "sum", "title", "tojson",
    "trim", "unique", "upper",
  ]
}

extension TemplateRun {
  /// A value behind a filter, whose arguments are expressions.
  mutating func filtered(
    _ value: TemplateValue, _ name: String, _ arguments: Arguments, _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    try filtered(value, name, try values(arguments), offset)
  }

  private mutating func filtered(
    _ value: TemplateValue, _ name: String, _ arguments: Values, _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    try enter(offset)
    defer { leave() }
    func bound(_ names: String...) throws(FailureAt) -> [TemplateValue?] {
      try arguments.bound(to: names, of: name, offset)
    }
    switch name {
    case "default", "d":
      let bound = try bound("default_value", "boolean")
      let isMissing = value.isUndefined || bound[1]?.isTrue ?? false && !value.isTrue
      return isMissing ? bound[0] ?? .string("") : value
    case "tojson": return try json(value, arguments, offset)
    case "string": return try string(try text(of: value, offset), offset)
    case "safe": return value
    case "length", "count": return .int(try length(of: value, offset))
    case "join":
      let bound = try bound("d", "attribute")
      var elements = try elements(of: value, offset)
      if let attribute = bound[1] { elements = try attributes(attribute, of: elements, offset) }
      return try joined(elements, try text(of: bound[0] ?? .string(""), offset), offset)
    case "list": return try list(try elements(of: value, offset), offset)
    case "first": return try elements(of: value, offset).first ?? .undefined
    case "last": return try elements(of: value, offset).last ?? .undefined
    case "reverse": return try reversed(value, offset)
    case "items":
      if value.isUndefined { return .list([]) }
      return try pairs(of: try map(value, name, offset), offset)
    case "map": return try mapped(value, arguments, offset)
    case "select", "reject", "selectattr", "rejectattr":
      return try selected(value, name, arguments, offset)
    case "sort", "dictsort", "unique": return try sorted(value, name, arguments, offset)
    case "sum":
      var total = TemplateValue.int(0)
      for element in try elements(of: value, offset) {
        total = try combine(.add, total, element, offset)
      }
      return total
    case "abs", "round", "int", "float": return try number(value, name, arguments, offset)
    default: return try textFiltered(value, name, arguments, offset)
    }
  }

  /// The filters that take a text.
  private mutating func textFiltered(
    _ value: TemplateValue, _ name: String, _ arguments: Values, _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    let text = try text(of: value, offset)
    try charge(text.utf8.count, offset)
    switch name {
    case "trim":
      guard case .string(let characters)? = try arguments.bound(to: ["chars"], of: name, offset)[0]
      else { return try string(PythonText.stripped(text), offset) }
      let set = Set(characters.unicodeScalars)
      return try string(PythonText.stripped(text) { set.contains($0) }, offset)
    case "replace":
      let bound = try arguments.bound(to: ["old", "new"], of: name, offset)
      let old = try self.text(of: bound[0] ?? .undefined, offset)
      return try replaced(text, old, try self.text(of: bound[1] ?? .undefined, offset), offset)
    case "indent": return try indented(text, arguments, offset)
    default: return try cased(text, name, offset)
    }
  }

  private mutating func indented(
    _ text: String, _ arguments: Values, _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    let bound = try arguments.bound(to: ["width", "first", "blank"], of: "indent", offset)
    let indent = try Self.indent(bound[0] ?? .int(4), offset)
    var result = ""
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      try charge(indent.utf8.count, offset)
      let isIndented =
        index == 0 ? bound[1]?.isTrue ?? false : !line.isEmpty || bound[2]?.isTrue ?? false
      result += (index == 0 ? "" : "\n") + (isIndented ? indent : "") + line
    }
    return try string(result, offset)
  }

  /// What a level is indented by: a text, or a number of spaces.
  private static func indent(_ value: TemplateValue, _ offset: Int) throws(FailureAt) -> String {
    if case .string(let text) = value { return text }
    guard let width = value.integer, width <= 1024 else {
      throw FailureAt(offset: offset, message: "an indent of at most 1024 spaces is expected")
    }
    return String(repeating: " ", count: max(0, width))
  }

  private mutating func json(
    _ value: TemplateValue, _ arguments: Values, _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    let bound = try arguments.bound(
      to: ["ensure_ascii", "indent", "separators", "sort_keys"], of: "tojson", offset)
    var json = TemplateJSON()
    json.isASCII = bound[0]?.isTrue ?? false
    if let indent = bound[1], indent.kind != "none" {
      json.indent = try Self.indent(indent, offset)
      json.itemSeparator = ","
    }
    if case .list(let list)? = bound[2], list.elements.count == 2 {
      json.itemSeparator = try text(of: list.elements[0], offset)
      json.keySeparator = try text(of: list.elements[1], offset)
    }
    json.sortsKeys = bound[3]?.isTrue ?? false
    return try string(try json.text(of: value, &self, offset), offset)
  }

  private func map(
    _ value: TemplateValue, _ name: String, _ offset: Int
  ) throws(FailureAt) -> TemplateMap {
    guard case .map(let map) = value else {
      throw FailureAt(offset: offset, message: "'\(name)' takes a map, found \(value.kind)")
    }
    return map
  }

  private mutating func length(
    of value: TemplateValue, _ offset: Int
  ) throws(FailureAt) -> Int {
    switch value {
    case .undefined: return 0
    case .list(let list): return list.elements.count
    case .map(let map): return map.members.count
    case .string(let text):
      try charge(text.utf8.count, offset)
      return text.unicodeScalars.count
    default: throw FailureAt(offset: offset, message: "\(value.kind) has no length")
    }
  }

  private mutating func reversed(
    _ value: TemplateValue, _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    let elements = try elements(of: value, offset)
    if case .string(let text) = value {
      var scalars = String.UnicodeScalarView()
      scalars.append(contentsOf: text.unicodeScalars.reversed())
      return try string(String(scalars), offset)
    }
    return try list(elements.reversed(), offset)
  }

  private func number(
    _ value: TemplateValue, _ name: String, _ arguments: Values, _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    switch name {
    case "abs":
      if let integer = value.integer, integer != .min { return .int(abs(integer)) }
      if let number = value.number { return .float(abs(number)) }
      throw FailureAt(offset: offset, message: "a number is expected, found \(value.kind)")
    case "round":
      let bound = try arguments.bound(to: ["precision"], of: name, offset)
      guard let number = value.number, bound[0]?.integer ?? 0 == 0 else {
        throw FailureAt(offset: offset, message: "'round' takes a number, and no precision")
      }
      return .float(number.rounded(.toNearestOrEven))
    default:
      let fallback = try arguments.bound(to: ["default"], of: name, offset)[0]
      var parsed = value.number
      if case .string(let text) = value {
        let digits = PythonText.stripped(text)
        if name == "int", let integer = Int(digits) { return .int(integer) }
        parsed = Double(digits)
      }
      if name == "float" { return parsed.map { .float($0) } ?? fallback ?? .float(0) }
      if let integer = value.integer { return .int(integer) }
      return parsed.flatMap { Int(exactly: $0.rounded(.towardZero)) }.map { .int($0) }
        ?? fallback ?? .int(0)
    }
  }

  // MARK: Filters with filters, tests and attributes

  /// An attribute of a value, with dots between the names of those in each other.
  private mutating func attribute(
    _ path: TemplateValue, of value: TemplateValue, _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    var value = value
    for name in try text(of: path, offset).split(separator: ".", omittingEmptySubsequences: false) {
      switch value {
      case .map(let map):
        try charge(map.members.count, offset)
        value = map[String(name)] ?? .undefined
      case .list(let list):
        let index = Int(name) ?? -1
        value = list.elements.indices.contains(index) ? list.elements[index] : .undefined
      default: value = .undefined
      }
    }
    return value
  }

  private mutating func attributes(
    _ path: TemplateValue, of elements: [TemplateValue], _ offset: Int
  ) throws(FailureAt) -> [TemplateValue] {
    var values: [TemplateValue] = []
    for element in elements { values.append(try attribute(path, of: element, offset)) }
    return values
  }

  private mutating func mapped(
    _ value: TemplateValue, _ arguments: Values, _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    let elements = try elements(of: value, offset)
    guard case .string(let filter)? = arguments.positional.first else {
      let bound = try arguments.bound(to: ["attribute", "default"], of: "map", offset)
      var values = try attributes(bound[0] ?? .undefined, of: elements, offset)
      if let fallback = bound[1] { values = values.map { $0.isUndefined ? fallback : $0 } }
      return try list(values, offset)
    }
    guard TemplateFilters.names.contains(filter) else {
      throw FailureAt(offset: offset, message: "the filter '\(filter)' is not known")
    }
    let rest = Values(
      positional: Array(arguments.positional.dropFirst()), named: arguments.named)
    var values: [TemplateValue] = []
    for element in elements { values.append(try filtered(element, filter, rest, offset)) }
    return try list(values, offset)
  }

  /// The elements, or those with an attribute, for which a test holds, or does not.
  private mutating func selected(
    _ value: TemplateValue, _ name: String, _ arguments: Values, _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    var rest = arguments.positional
    let path = name.hasSuffix("attr") ? rest.isEmpty ? .undefined : rest.removeFirst() : nil
    var test: String?
    if !rest.isEmpty { test = try text(of: rest.removeFirst(), offset) }
    if let test, !TemplateTests.names.contains(test) {
      throw FailureAt(offset: offset, message: "the test '\(test)' is not known")
    }
    var kept: [TemplateValue] = []
    for element in try elements(of: value, offset) {
      let tested =
        try path.map { (p) throws(FailureAt) in try attribute(p, of: element, offset) } ?? element
      let holds =
        try test.map { (t) throws(FailureAt) in
          try self.test(tested, t, Values(positional: rest), offset)
        } ?? tested.isTrue
      if holds != name.hasPrefix("reject") { kept.append(element) }
    }
    return try list(kept, offset)
  }

  private mutating func sorted(
    _ value: TemplateValue, _ name: String, _ arguments: Values, _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    var elements: [TemplateValue]
    var reverse = false
    var path: TemplateValue?
    if name == "dictsort" {
      _ = try arguments.bound(to: [], of: name, offset)
      elements = try self.elements(of: try pairs(of: try map(value, name, offset), offset), offset)
      path = .string("0")
    } else {
      let names =
        name == "sort"
        ? ["reverse", "case_sensitive", "attribute"] : ["case_sensitive", "attribute"]
      let bound = try arguments.bound(to: names, of: name, offset)
      reverse = name == "sort" && bound[0]?.isTrue ?? false
      path = bound[names.count - 1]
      elements = try self.elements(of: value, offset)
      if bound[names.count - 2]?.isTrue ?? false {
        throw FailureAt(offset: offset, message: "'\(name)' with case_sensitive is not known")
      }
    }
    var keys =
      try path.map { (p) throws(FailureAt) in try attributes(p, of: elements, offset) } ?? elements
    for (index, key) in keys.enumerated() {
      if case .string(let text) = key { keys[index] = try cased(text, "lower", offset) }
    }
    if name == "unique" { return try unique(elements, keys, offset) }
    let order = try sortedIndices(keys, reverse, offset)
    elements = order.map { elements[$0] }
    return try list(elements, offset)
  }

  private mutating func unique(
    _ elements: [TemplateValue], _ keys: [TemplateValue], _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    var kept: [Int] = []
    for index in keys.indices {
      var isNew = true
      for other in kept where try equal(keys[index], keys[other], offset) {
        isNew = false
        break
      }
      if isNew { kept.append(index) }
    }
    return try list(kept.map { elements[$0] }, offset)
  }

  /// Indices in the order of their keys; equal keys stay in theirs.
  private mutating func sortedIndices(
    _ keys: [TemplateValue], _ reverse: Bool, _ offset: Int
  ) throws(FailureAt) -> [Int] {
    // Merging from runs of one: a comparison may fail, which the library's sort cannot pass on
    // with its type.
    var runs = keys.indices.map { [$0] }
    while runs.count > 1 {
      var merged: [[Int]] = []
      for first in stride(from: 0, to: runs.count, by: 2) {
        guard first + 1 < runs.count else {
          merged.append(runs[first])
          break
        }
        merged.append(try merge(runs[first], runs[first + 1], keys, reverse, offset))
      }
      runs = merged
    }
    return runs.first ?? []
  }

  private mutating func merge(
    _ left: [Int], _ right: [Int], _ keys: [TemplateValue], _ reverse: Bool, _ offset: Int
  ) throws(FailureAt) -> [Int] {
    var result: [Int] = []
    var (i, j) = (0, 0)
    while i < left.count, j < right.count {
      let order = try order(keys[right[j]], keys[left[i]], offset) ?? 0
      if reverse ? order > 0 : order < 0 {
        result.append(right[j])
        j += 1
      } else {
        result.append(left[i])
        i += 1
      }
    }
    return result + left[i...] + right[j...]
  }
}
