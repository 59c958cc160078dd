/// One rendering of a template: its names, its output, and what it has cost.
///
/// Templates come with models, from strangers: each step is counted, and steps, output and depth
/// are bounded, so that every template ends.
struct TemplateRun {
  /// How many steps a rendering may take, beside ``stepsForEachByte`` for each byte of its input.
  static let stepLimit = 4_000_000
  static let stepsForEachByte = 64
  /// The bytes that a text may have.
  static let textLimit = 64 << 20
  /// How deep statements, expressions and macros may lie in each other while they run.
  static let depthLimit = 128
  /// How deep lists and maps may lie in each other.
  static let valueDepthLimit = 64

  /// How a list of statements ended.
  enum Flow { case normal, breakLoop, continueLoop }

  private var scopes: [[(name: String, value: TemplateValue)]]
  /// What has been printed by the template, and by each macro and block that is being captured.
  private var outputs = [""]
  /// The attributes of each namespace.
  var namespaces: [[(key: String, value: TemplateValue)]] = []
  private var stepsLeft: Int
  private var depth = 0

  /// - Parameter inputByteCount: The bytes of the variables' texts.
  init(_ variables: [(name: String, value: TemplateValue)], inputByteCount: Int) {
    scopes = [variables, []]
    stepsLeft = Self.stepLimit + min(inputByteCount, 1 << 40) * Self.stepsForEachByte
  }

  /// The text that the template prints.
  mutating func render(_ statements: [Statement]) throws(FailureAt) -> String {
    _ = try execute(statements)
    return outputs[0]
  }

  // MARK: Limits

  /// Counts steps: one for an expression, or the bytes and elements that it goes through.
  mutating func charge(_ steps: Int, _ offset: Int) throws(FailureAt) {
    stepsLeft -= steps
    if stepsLeft < 0 {
      throw FailureAt(offset: offset, message: "the template takes more steps than are allowed")
    }
  }

  mutating func enter(_ offset: Int) throws(FailureAt) {
    depth += 1
    if depth > Self.depthLimit {
      throw FailureAt(
        offset: offset, message: "the template goes more than \(Self.depthLimit) deep")
    }
    try charge(1, offset)
  }

  mutating func leave() { depth -= 1 }

  /// A text that a template has made.
  mutating func string(_ text: String, _ offset: Int) throws(FailureAt) -> TemplateValue {
    try charge(text.utf8.count, offset)
    guard text.utf8.count <= Self.textLimit else {
      throw FailureAt(
        offset: offset, message: "a text has more than \(Self.textLimit) bytes")
    }
    return .string(text)
  }

  /// A list that a template has made.
  mutating func list(_ elements: [TemplateValue], _ offset: Int) throws(FailureAt) -> TemplateValue
  {
    try charge(elements.count, offset)
    return try checked(.list(elements), offset)
  }

  /// A map that a template has made.
  mutating func map(
    _ members: [(key: String, value: TemplateValue)], _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    try charge(members.count, offset)
    return try checked(.map(members), offset)
  }

  private func checked(_ value: TemplateValue, _ offset: Int) throws(FailureAt) -> TemplateValue {
    guard value.depth <= Self.valueDepthLimit else {
      throw FailureAt(
        offset: offset, message: "lists and maps lie more than \(Self.valueDepthLimit) deep")
    }
    return value
  }

  // MARK: Names

  func value(of name: String) -> TemplateValue? {
    for scope in scopes.reversed() {
      for entry in scope.reversed() where entry.name == name { return entry.value }
    }
    return nil
  }

  mutating func set(_ name: String, _ value: TemplateValue) {
    let scope = scopes.count - 1
    if let index = scopes[scope].firstIndex(where: { $0.name == name }) {
      scopes[scope][index].value = value
    } else {
      scopes[scope].append((name, value))
    }
  }

  private mutating func set(
    _ target: Target, _ value: TemplateValue
  ) throws(FailureAt) {
    switch target {
    case .name(let name): set(name, value)
    case .names(let names, let offset):
      let elements = try elements(of: value, offset)
      guard elements.count == names.count else {
        throw FailureAt(
          offset: offset,
          message: "\(names.count) values are expected, found \(elements.count)")
      }
      for (name, element) in zip(names, elements) { set(name, element) }
    case .attribute(let name, let key, let offset):
      guard case .namespace(let number)? = self.value(of: name) else {
        throw FailureAt(offset: offset, message: "'\(name)' is no namespace")
      }
      if let index = namespaces[number].firstIndex(where: { $0.key == key }) {
        namespaces[number][index].value = value
      } else {
        namespaces[number].append((key, value))
      }
    }
  }

  // MARK: Statements

  mutating func print(_ text: String, _ offset: Int) throws(FailureAt) {
    try charge(text.utf8.count, offset)
    outputs[outputs.count - 1] += text
    guard outputs[outputs.count - 1].utf8.count <= Self.textLimit else {
      throw FailureAt(
        offset: offset, message: "the output has more than \(Self.textLimit) bytes")
    }
  }

  /// What statements print, which goes to no output.
  private mutating func captured(_ statements: [Statement]) throws(FailureAt) -> String {
    outputs.append("")
    _ = try execute(statements)
    return outputs.removeLast()
  }

  private mutating func execute(_ statements: [Statement]) throws(FailureAt) -> Flow {
    for statement in statements {
      let flow = try execute(statement)
      if flow != .normal { return flow }
    }
    return .normal
  }

  private mutating func execute(_ statement: Statement) throws(FailureAt) -> Flow {
    try enter(0)
    defer { leave() }
    switch statement {
    case .text(let text): try print(text, 0)
    case .print(let expression):
      let value = try evaluate(expression)
      try print(try text(of: value, expression.offset), expression.offset)
    case .branch(let branches, let otherwise):
      for branch in branches where try evaluate(branch.condition).isTrue {
        return try execute(branch.body)
      }
      return try execute(otherwise)
    case .loop(let loop): try run(loop)
    case .set(let target, let expression): try set(target, try evaluate(expression))
    case .setBlock(let target, let filters, let body):
      var value = TemplateValue.string(try captured(body))
      for filter in filters {
        value = try filtered(value, filter.name, filter.arguments, filter.offset)
      }
      try set(target, value)
    case .macro(let macro): set(macro.name, .macro(macro))
    case .breakLoop: return .breakLoop
    case .continueLoop: return .continueLoop
    case .group(let statements): return try execute(statements)
    }
    return .normal
  }

  private mutating func run(_ loop: Loop) throws(FailureAt) {
    let offset = loop.sequence.offset
    var elements = try elements(of: try evaluate(loop.sequence), offset)
    if let filter = loop.filter { elements = try filtered(elements, by: filter, loop.target) }
    scopes.append([])
    defer { scopes.removeLast() }
    for (index, element) in elements.enumerated() {
      scopes[scopes.count - 1] = [("loop", Self.state(index, elements))]
      try charge(1, offset)
      try set(loop.target, element)
      if try execute(loop.body) == .breakLoop { break }
    }
    if elements.isEmpty {
      scopes[scopes.count - 1] = []
      _ = try execute(loop.otherwise)
    }
  }

  private mutating func filtered(
    _ elements: [TemplateValue], by filter: Expression, _ target: Target
  ) throws(FailureAt) -> [TemplateValue] {
    scopes.append([])
    defer { scopes.removeLast() }
    var kept: [TemplateValue] = []
    for element in elements {
      try set(target, element)
      if try evaluate(filter).isTrue { kept.append(element) }
    }
    return kept
  }

  /// The variable `loop`.
  private static func state(_ index: Int, _ elements: [TemplateValue]) -> TemplateValue {
    let count = elements.count
    return .map([
      ("index", .int(index + 1)), ("index0", .int(index)), ("first", .bool(index == 0)),
      ("last", .bool(index + 1 == count)), ("length", .int(count)),
      ("revindex", .int(count - index)), ("revindex0", .int(count - index - 1)),
      ("previtem", index > 0 ? elements[index - 1] : .undefined),
      ("nextitem", index + 1 < count ? elements[index + 1] : .undefined),
    ])
  }

  /// Calls a macro: its body sees the template's own names and its parameters.
  mutating func call(
    _ macro: TemplateMacro, _ arguments: Values, _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    let bound = try arguments.bound(to: macro.parameters.map(\.name), of: macro.name, offset)
    let outer = scopes
    scopes = [outer[0], outer[1], []]
    defer { scopes = outer }
    for (parameter, value) in zip(macro.parameters, bound) {
      if let value {
        set(parameter.name, value)
      } else {
        set(
          parameter.name,
          try parameter.fallback.map { (e) throws(FailureAt) in try evaluate(e) } ?? .undefined)
      }
    }
    return try string(try captured(macro.body), offset)
  }
}
