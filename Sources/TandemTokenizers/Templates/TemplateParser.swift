/// Reads the statements of a template.
struct TemplateParser {
  /// How deep statements may lie in each other.
  static let depthLimit = 48

  private let bytes: [UInt8]
  private let pieces: [TemplateScanner.Piece]
  private var index = 0
  private var depth = 0
  private var loopDepth = 0

  init(_ scanner: TemplateScanner, _ pieces: [TemplateScanner.Piece]) {
    bytes = scanner.bytes
    self.pieces = pieces
  }

  /// The statements of a source.
  ///
  /// - Throws: ``FailureAt`` where something stands that is not known.
  static func parse(_ source: String) throws(FailureAt) -> [Statement] {
    var scanner = TemplateScanner(source)
    let pieces = try scanner.pieces()
    var parser = TemplateParser(scanner, pieces)
    return try parser.body(endingWith: [], of: "template", at: 0).statements
  }

  /// Statements up to one of some words, which is moved over.
  ///
  /// - Returns: The statements, and the parser of the tag that ends them, behind its word.
  private mutating func body(
    endingWith ends: Set<String>, of name: String, at offset: Int
  ) throws(FailureAt) -> (statements: [Statement], end: (word: String, tag: ExpressionParser)?) {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthLimit else {
      throw FailureAt(offset: offset, message: "statements lie more than \(Self.depthLimit) deep")
    }
    var statements: [Statement] = []
    while index < pieces.count {
      let piece = pieces[index]
      index += 1
      switch piece {
      case .text(let text): statements.append(.text(text))
      case .print(let range):
        var tag = try tag(range)
        statements.append(.print(try tag.expressions()))
        try tag.expectEnd()
      case .statement(let range):
        var tag = try tag(range)
        let offset = tag.token.offset
        let word = try tag.expectName()
        if ends.contains(word) { return (statements, (word, tag)) }
        statements.append(try statement(word, &tag, offset))
      }
    }
    guard ends.isEmpty else {
      throw FailureAt(offset: offset, message: "'\(name)' has no 'end\(name)'")
    }
    return (statements, nil)
  }

  private func tag(_ range: Range<Int>) throws(FailureAt) -> ExpressionParser {
    var tokenizer = TemplateTokenizer(bytes, range)
    return ExpressionParser(try tokenizer.tokens())
  }

  /// Statements up to the one that ends a block, which has nothing behind its word.
  private mutating func block(_ name: String, _ offset: Int) throws(FailureAt) -> [Statement] {
    let (statements, end) = try body(endingWith: ["end\(name)"], of: name, at: offset)
    try end?.tag.expectEnd()
    return statements
  }

  private mutating func statement(
    _ word: String, _ tag: inout ExpressionParser, _ offset: Int
  ) throws(FailureAt) -> Statement {
    switch word {
    case "if": return try branch(&tag, offset)
    case "for": return try loop(&tag, offset)
    case "set": return try assignment(&tag, offset)
    case "macro": return try macro(&tag, offset)
    case "generation":
      try tag.expectEnd()
      return .group(try block(word, offset))
    case "break", "continue":
      try tag.expectEnd()
      guard loopDepth > 0 else {
        throw FailureAt(offset: offset, message: "'\(word)' stands outside of a loop")
      }
      return word == "break" ? .breakLoop : .continueLoop
    default: throw FailureAt(offset: offset, message: "the statement '\(word)' is not known")
    }
  }

  private mutating func branch(
    _ tag: inout ExpressionParser, _ offset: Int
  ) throws(FailureAt) -> Statement {
    var branches: [(condition: Expression, body: [Statement])] = []
    var tag = tag
    while true {
      let condition = try tag.expressions()
      try tag.expectEnd()
      let (statements, end) = try body(
        endingWith: ["elif", "else", "endif"], of: "if", at: offset)
      branches.append((condition, statements))
      guard let end, end.word == "elif" else {
        let otherwise = end?.word == "else" ? try block("if", offset) : []
        return .branch(branches, otherwise: otherwise)
      }
      tag = end.tag
    }
  }

  private mutating func loop(
    _ tag: inout ExpressionParser, _ offset: Int
  ) throws(FailureAt) -> Statement {
    let target = try target(&tag)
    if case .attribute = target { throw tag.unexpected("'in'") }
    guard tag.take(word: "in") else { throw tag.unexpected("'in'") }
    // The conditional operator would take the filter's `if`.
    let sequence = try tag.sequenceOfLoop()
    let filter = tag.take(word: "if") ? try tag.expression() : nil
    if tag.isName("recursive") {
      throw FailureAt(offset: tag.token.offset, message: "a recursive loop is not known")
    }
    try tag.expectEnd()
    loopDepth += 1
    let (statements, end) = try body(endingWith: ["else", "endfor"], of: "for", at: offset)
    loopDepth -= 1
    let otherwise = end?.word == "else" ? try block("for", offset) : []
    return .loop(
      Loop(
        target: target, sequence: sequence, filter: filter, body: statements, otherwise: otherwise))
  }

  private func target(_ tag: inout ExpressionParser) throws(FailureAt) -> Target {
    let offset = tag.token.offset
    let isBracketed = tag.take("(")
    var names = [try tag.expectName()]
    if !isBracketed, tag.take(".") {
      return .attribute(namespace: names[0], try tag.expectName(), offset: offset)
    }
    var isList = false
    while tag.take(",") {
      isList = true
      if case .name(let name) = tag.token.kind, name != "in" {
        tag.advance()
        names.append(name)
      }
    }
    if isBracketed { try tag.expect(")") }
    return isList ? .names(names, offset: offset) : .name(names[0])
  }

  private mutating func assignment(
    _ tag: inout ExpressionParser, _ offset: Int
  ) throws(FailureAt) -> Statement {
    let target = try target(&tag)
    if tag.take("=") {
      let value = try tag.expressions()
      try tag.expectEnd()
      return .set(target, value)
    }
    var filters: [(name: String, arguments: Arguments, offset: Int)] = []
    while tag.isSign("|") {
      let place = tag.token.offset
      tag.advance()
      let (name, arguments) = try tag.filter()
      filters.append((name, arguments, place))
    }
    try tag.expectEnd()
    return .setBlock(target, filters: filters, try block("set", offset))
  }

  private mutating func macro(
    _ tag: inout ExpressionParser, _ offset: Int
  ) throws(FailureAt) -> Statement {
    let name = try tag.expectName()
    try tag.expect("(")
    var parameters: [(name: String, fallback: Expression?)] = []
    while !tag.isSign(")") {
      if !parameters.isEmpty { try tag.expect(",") }
      let name = try tag.expectName()
      parameters.append((name, tag.take("=") ? try tag.expression() : nil))
    }
    tag.advance()
    try tag.expectEnd()
    let outerLoops = loopDepth
    loopDepth = 0
    defer { loopDepth = outerLoops }
    let body = try block("macro", offset)
    return .macro(TemplateMacro(name: name, parameters: parameters, body: body, offset: offset))
  }
}

extension ExpressionParser {
  /// What a loop goes over: an expression without the conditional operator, or several.
  mutating func sequenceOfLoop() throws(FailureAt) -> Expression {
    let first = try disjunction()
    guard isSign(",") else { return first }
    var all = [first]
    while take(",") { all.append(try disjunction()) }
    return Expression(kind: .list(all), offset: first.offset)
  }
}
