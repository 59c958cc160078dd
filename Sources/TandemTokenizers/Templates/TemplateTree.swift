/// An expression of a template, and where it stands.
struct Expression: Sendable {
  indirect enum Kind: Sendable {
    case literal(TemplateValue)
    case name(String)
    case attribute(Expression, String)
    case item(Expression, Expression)
    case slice(Expression, start: Expression?, stop: Expression?, step: Expression?)
    case call(Expression, Arguments)
    case filter(Expression, String, Arguments)
    case test(Expression, String, Arguments)
    case list([Expression])
    case map([(key: Expression, value: Expression)])
    case not(Expression)
    case negative(Expression)
    case and(Expression, Expression)
    case or(Expression, Expression)
    case binary(BinaryOperator, Expression, Expression)
    case comparison(Expression, [(ComparisonOperator, Expression)])
    case conditional(condition: Expression, then: Expression, else: Expression?)
  }

  let kind: Kind
  /// The byte offset in the template.
  let offset: Int
}

enum BinaryOperator: String, Sendable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case floorDivide = "//"
  case remainder = "%"
  case power = "**"
  case concatenate = "~"
}

enum ComparisonOperator: String, Sendable {
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case isIn = "in"
  case isNotIn = "not in"
}

/// The arguments of a call, a filter or a test.
struct Arguments: Sendable {
  var positional: [Expression] = []
  var named: [(name: String, value: Expression)] = []

  var isEmpty: Bool { positional.isEmpty && named.isEmpty }
}

/// A statement of a template.
indirect enum Statement: Sendable {
  case text(String)
  case print(Expression)
  case branch([(condition: Expression, body: [Statement])], otherwise: [Statement])
  case loop(Loop)
  case set(Target, Expression)
  /// What the body prints becomes the value.
  case setBlock(Target, filters: [(name: String, arguments: Arguments, offset: Int)], [Statement])
  case macro(TemplateMacro)
  case breakLoop
  case continueLoop
  /// A block that changes nothing: what transformers marks as the assistant's text.
  case group([Statement])
}

struct Loop: Sendable {
  let target: Target
  let sequence: Expression
  let filter: Expression?
  let body: [Statement]
  let otherwise: [Statement]
}

/// What is assigned to.
enum Target: Sendable {
  case name(String)
  /// Several names, which take a list's elements.
  case names([String], offset: Int)
  case attribute(namespace: String, String, offset: Int)
}

/// A macro as it is written.
public struct TemplateMacro: Sendable {
  let name: String
  let parameters: [(name: String, fallback: Expression?)]
  let body: [Statement]
  let offset: Int
}
