/// Reads expressions from the tokens of one tag, with Jinja's order of operators (`parser.py`).
struct ExpressionParser {
  /// How deep expressions may lie in each other.
  static let depthLimit = 48
  /// How many operators of one level may follow each other: they lie in each other too.
  static let chainLimit = 64

  private let tokens: [TemplateToken]
  private var index = 0
  private var depth = 0

  init(_ tokens: [TemplateToken]) { self.tokens = tokens }

  var token: TemplateToken { tokens[index] }

  // MARK: Tokens

  mutating func advance() { if index + 1 < tokens.count { index += 1 } }

  func isSign(_ sign: String) -> Bool { token.kind == .sign(sign) }

  func isName(_ name: String) -> Bool { token.kind == .name(name) }

  /// Moves over a sign if it stands here.
  mutating func take(_ sign: String) -> Bool {
    guard isSign(sign) else { return false }
    advance()
    return true
  }

  /// Moves over a word if it stands here.
  mutating func take(word: String) -> Bool {
    guard isName(word) else { return false }
    advance()
    return true
  }

  mutating func expect(_ sign: String) throws(FailureAt) {
    guard take(sign) else { throw unexpected("'\(sign)'") }
  }

  mutating func expectName() throws(FailureAt) -> String {
    guard case .name(let name) = token.kind else { throw unexpected("a name") }
    advance()
    return name
  }

  func expectEnd() throws(FailureAt) {
    if token.kind != .end { throw unexpected("the tag's end") }
  }

  func unexpected(_ wanted: String) -> FailureAt {
    let found =
      switch token.kind {
      case .name(let name): "'\(name)'"
      case .string: "a string"
      case .int, .float: "a number"
      case .sign(let sign): "'\(sign)'"
      case .end: "the tag's end"
      }
    return FailureAt(offset: token.offset, message: "\(wanted) is expected, found \(found)")
  }

  // MARK: Operators

  /// An expression, or several with commas between them: a list.
  mutating func expressions() throws(FailureAt) -> Expression {
    let first = try expression()
    guard isSign(",") else { return first }
    var all = [first]
    while take(","), token.kind != .end { all.append(try expression()) }
    return Expression(kind: .list(all), offset: first.offset)
  }

  mutating func expression() throws(FailureAt) -> Expression {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthLimit else {
      throw FailureAt(
        offset: token.offset, message: "expressions lie more than \(Self.depthLimit) deep")
    }
    var result = try disjunction()
    var count = 0
    while isName("if") {
      let offset = token.offset
      advance()
      try checkChain(&count)
      let condition = try disjunction()
      let otherwise = take(word: "else") ? try expression() : nil
      result = Expression(
        kind: .conditional(condition: condition, then: result, else: otherwise), offset: offset)
    }
    return result
  }

  private func checkChain(_ count: inout Int) throws(FailureAt) {
    count += 1
    if count > Self.chainLimit {
      throw FailureAt(
        offset: token.offset, message: "more than \(Self.chainLimit) operators follow each other")
    }
  }

  mutating func disjunction() throws(FailureAt) -> Expression {
    var left = try conjunction()
    var count = 0
    while isName("or") {
      let offset = token.offset
      advance()
      try checkChain(&count)
      left = Expression(kind: .or(left, try conjunction()), offset: offset)
    }
    return left
  }

  private mutating func conjunction() throws(FailureAt) -> Expression {
    var left = try negation()
    var count = 0
    while isName("and") {
      let offset = token.offset
      advance()
      try checkChain(&count)
      left = Expression(kind: .and(left, try negation()), offset: offset)
    }
    return left
  }

  private mutating func negation() throws(FailureAt) -> Expression {
    var offsets: [Int] = []
    var count = 0
    while isName("not") {
      offsets.append(token.offset)
      advance()
      try checkChain(&count)
    }
    let operand = try comparison()
    return offsets.reversed().reduce(operand) { Expression(kind: .not($0), offset: $1) }
  }

  private mutating func comparison() throws(FailureAt) -> Expression {
    let first = try sum(0)
    var rest: [(ComparisonOperator, Expression)] = []
    while let sign = takeComparison() { rest.append((sign, try sum(0))) }
    return rest.isEmpty
      ? first : Expression(kind: .comparison(first, rest), offset: first.offset)
  }

  private mutating func takeComparison() -> ComparisonOperator? {
    switch token.kind {
    case .sign(let sign):
      guard let found = ComparisonOperator(rawValue: sign) else { return nil }
      advance()
      return found
    case .name("in"):
      advance()
      return .isIn
    case .name("not"):
      guard index + 1 < tokens.count, tokens[index + 1].kind == .name("in") else { return nil }
      advance()
      advance()
      return .isNotIn
    default: return nil
    }
  }

  /// The levels of arithmetic operators, the loosest first.
  private static let levels: [Set<String>] = [["+", "-"], ["~"], ["*", "/", "//", "%"], ["**"]]

  private mutating func sum(_ level: Int) throws(FailureAt) -> Expression {
    guard level < Self.levels.count else { return try operand() }
    var left = try sum(level + 1)
    var count = 0
    while case .sign(let sign) = token.kind, Self.levels[level].contains(sign),
      let binary = BinaryOperator(rawValue: sign)
    {
      let offset = token.offset
      advance()
      try checkChain(&count)
      left = Expression(kind: .binary(binary, left, try sum(level + 1)), offset: offset)
    }
    return left
  }

  // MARK: Operands

  private mutating func operand(allowsFilters: Bool = true) throws(FailureAt) -> Expression {
    let offset = token.offset
    var result: Expression
    if isSign("-") || isSign("+") {
      let isNegative = isSign("-")
      depth += 1
      defer { depth -= 1 }
      guard depth <= Self.depthLimit else { throw unexpected("a shallower expression") }
      advance()
      result = try operand(allowsFilters: false)
      if isNegative { result = Expression(kind: .negative(result), offset: offset) }
    } else {
      result = try primary()
    }
    var count = 0
    while let next = try suffix(result, allowsFilters) {
      try checkChain(&count)
      result = next
    }
    return result
  }

  /// The operand with one more attribute, item, call, filter or test; nil if none follows.
  private mutating func suffix(
    _ operand: Expression, _ allowsFilters: Bool
  ) throws(FailureAt) -> Expression? {
    let offset = token.offset
    switch token.kind {
    case .sign("."):
      advance()
      if case .int(let index) = token.kind {
        advance()
        let key = Expression(kind: .literal(.int(index)), offset: offset)
        return Expression(kind: .item(operand, key), offset: offset)
      }
      return Expression(kind: .attribute(operand, try expectName()), offset: offset)
    case .sign("["):
      advance()
      return try subscripted(operand, offset)
    case .sign("("):
      return Expression(kind: .call(operand, try arguments()), offset: offset)
    case .sign("|") where allowsFilters:
      advance()
      let (name, arguments) = try filter()
      return Expression(kind: .filter(operand, name, arguments), offset: offset)
    case .name("is") where allowsFilters:
      advance()
      return try test(operand, offset)
    default: return nil
    }
  }

  /// A filter's name and arguments, behind `|`.
  mutating func filter() throws(FailureAt) -> (name: String, arguments: Arguments) {
    let offset = token.offset
    let name = try expectName()
    guard TemplateFilters.names.contains(name) else {
      throw FailureAt(offset: offset, message: "the filter '\(name)' is not known")
    }
    return (name, isSign("(") ? try arguments() : Arguments())
  }

  private mutating func test(
    _ operand: Expression, _ offset: Int
  ) throws(FailureAt) -> Expression {
    let isNegated = take(word: "not")
    let nameOffset = token.offset
    let name = try expectName()
    guard TemplateTests.names.contains(name) else {
      throw FailureAt(offset: nameOffset, message: "the test '\(name)' is not known")
    }
    var arguments = Arguments()
    if isSign("(") {
      arguments = try self.arguments()
    } else if startsTestArgument {
      arguments.positional = [try self.operand(allowsFilters: false)]
    }
    let test = Expression(kind: .test(operand, name, arguments), offset: offset)
    return isNegated ? Expression(kind: .not(test), offset: offset) : test
  }

  /// Whether an argument without brackets follows, as in `is divisibleby 3`.
  private var startsTestArgument: Bool {
    switch token.kind {
    case .name(let name): !["else", "or", "and", "is", "if", "in", "not"].contains(name)
    case .string, .int, .float, .sign("["), .sign("{"): true
    default: false
    }
  }

  private mutating func subscripted(
    _ operand: Expression, _ offset: Int
  ) throws(FailureAt) -> Expression {
    var bounds: [Expression?] = [nil]
    while !isSign("]") {
      if take(":") {
        guard bounds.count < 3 else { throw unexpected("']'") }
        bounds.append(nil)
      } else {
        guard bounds[bounds.count - 1] == nil else { throw unexpected("']'") }
        bounds[bounds.count - 1] = try expression()
      }
    }
    advance()
    if bounds.count > 1 {
      let step = bounds.count > 2 ? bounds[2] : nil
      return Expression(
        kind: .slice(operand, start: bounds[0], stop: bounds[1], step: step), offset: offset)
    }
    guard let key = bounds[0] else {
      throw FailureAt(offset: offset, message: "a key is expected between the brackets")
    }
    return Expression(kind: .item(operand, key), offset: offset)
  }

  /// Arguments in brackets.
  private mutating func arguments() throws(FailureAt) -> Arguments {
    var arguments = Arguments()
    try expect("(")
    while !isSign(")") {
      if !arguments.isEmpty { try expect(",") }
      if isSign(")") { break }
      if case .name(let name) = token.kind, index + 1 < tokens.count,
        tokens[index + 1].kind == .sign("=")
      {
        advance()
        advance()
        arguments.named.append((name, try expression()))
      } else {
        guard arguments.named.isEmpty else { throw unexpected("a named argument") }
        arguments.positional.append(try expression())
      }
    }
    advance()
    return arguments
  }

  private mutating func primary() throws(FailureAt) -> Expression {
    let start = token
    func literal(_ value: TemplateValue) -> Expression {
      Expression(kind: .literal(value), offset: start.offset)
    }
    switch start.kind {
    case .name(let name):
      advance()
      switch name {
      case "true", "True": return literal(.bool(true))
      case "false", "False": return literal(.bool(false))
      case "none", "None": return literal(.none)
      default: return Expression(kind: .name(name), offset: start.offset)
      }
    case .string(var text):
      advance()
      // Strings that follow each other are one, as in Python.
      while case .string(let more) = token.kind {
        text += more
        advance()
      }
      return literal(.string(text))
    case .int(let value):
      advance()
      return literal(.int(value))
    case .float(let value):
      advance()
      return literal(.float(value))
    case .sign("("): return try bracketed(start.offset)
    case .sign("["):
      advance()
      return Expression(kind: .list(try elements("]")), offset: start.offset)
    case .sign("{"): return try map(start.offset)
    default: throw unexpected("a value")
    }
  }

  private mutating func bracketed(_ offset: Int) throws(FailureAt) -> Expression {
    advance()
    if take(")") { return Expression(kind: .list([]), offset: offset) }
    let first = try expression()
    if take(")") { return first }
    try expect(",")
    return Expression(kind: .list([first] + (try elements(")"))), offset: offset)
  }

  private mutating func elements(_ close: String) throws(FailureAt) -> [Expression] {
    var elements: [Expression] = []
    while !isSign(close) {
      if !elements.isEmpty { try expect(",") }
      if isSign(close) { break }
      elements.append(try expression())
    }
    advance()
    return elements
  }

  private mutating func map(_ offset: Int) throws(FailureAt) -> Expression {
    advance()
    var members: [(key: Expression, value: Expression)] = []
    while !isSign("}") {
      if !members.isEmpty { try expect(",") }
      if isSign("}") { break }
      let key = try expression()
      try expect(":")
      members.append((key, try expression()))
    }
    advance()
    return Expression(kind: .map(members), offset: offset)
  }
}
