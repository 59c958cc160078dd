public import TandemJSON

/// How a conversation becomes a text: a template in Jinja, as chat models bring it.
///
///     let template = try ChatTemplate(source)
///     let prompt = try template.render([
///       (name: "messages", value: .list([
///         .map([(key: "role", value: .string("user")), (key: "content", value: .string("Hi"))])
///       ])),
///       (name: "add_generation_prompt", value: .bool(true)),
///     ])
///
/// It is rendered as Hugging Face's transformers does: with `trim_blocks`, `lstrip_blocks`, loop
/// controls and `raise_exception`, and `tojson` as Python's `json.dumps`. What is not known is an
/// error with line and column when the template is read. There is no `strftime_now`: the same
/// input gives the same text always, and templates test whether it is there.
public struct ChatTemplate: Sendable {
  /// The bytes that a template may have.
  public static let byteLimit = 1 << 20

  private let source: String
  private let statements: [Statement]

  /// Reads a template.
  ///
  /// - Throws: ``TemplateFailure`` where something stands that is not known.
  /// - Complexity: O(*n*) in its bytes.
  public init(_ source: String) throws(TemplateFailure) {
    guard source.utf8.count <= Self.byteLimit else {
      throw TemplateFailure(
        line: 1, column: 1,
        message: "the template has \(source.utf8.count) bytes, \(Self.byteLimit) are allowed")
    }
    self.source = source
    do throws(FailureAt) {
      statements = try TemplateParser.parse(source)
    } catch {
      throw TemplateFailure(error, in: source)
    }
  }

  /// The text of a conversation.
  ///
  /// - Parameter variables: What the template sees: `messages`, `tools`, `add_generation_prompt`,
  ///   `bos_token` and so on.
  /// - Throws: ``TemplateFailure`` if the template refuses its input, does what values do not
  ///   allow, or takes more steps, depth or output than any conversation needs.
  public func render(
    _ variables: [(name: String, value: TemplateValue)]
  ) throws(TemplateFailure) -> String {
    let byteCount = variables.reduce(0) { $0 + $1.value.byteCount }
    guard variables.allSatisfy({ $0.value.depth <= TemplateRun.valueDepthLimit }) else {
      throw TemplateFailure(
        line: 1, column: 1,
        message: "the input's lists and maps lie more than \(TemplateRun.valueDepthLimit) deep")
    }
    var run = TemplateRun(variables, inputByteCount: byteCount)
    do throws(FailureAt) {
      return try run.render(statements)
    } catch {
      throw TemplateFailure(error, in: source)
    }
  }
}

extension TemplateFailure {
  /// Counts lines and columns, after line ends have become line feeds.
  fileprivate init(_ failure: FailureAt, in source: String) {
    let before = TemplateScanner(source).bytes.prefix(failure.offset)
    let lineStart = (before.lastIndex(of: 0x0A) ?? -1) + 1
    line = before.count { $0 == 0x0A } + 1
    column = before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1
    message = failure.message
    isRaised = failure.isRaised
  }
}

extension TemplateValue {
  /// The bytes of all texts in the value.
  fileprivate var byteCount: Int {
    switch self {
    case .string(let text): text.utf8.count
    case .list(let list): list.elements.reduce(0) { $0 + $1.byteCount }
    case .map(let map): map.members.reduce(0) { $0 + $1.key.utf8.count + $1.value.byteCount }
    default: 1
    }
  }

  /// The variables of a conversation: of an object its members, of a list of messages itself, to be
  /// answered; nil if it is neither.
  public var conversationVariables: [(name: String, value: TemplateValue)]? {
    let answered = (name: "add_generation_prompt", value: TemplateValue.bool(true))
    switch self {
    case .list: return [answered, ("messages", self)]
    case .map(let map):
      guard case .list? = map["messages"] else { return nil }
      return [answered] + map.members.map { ($0.key, $0.value) }
    default: return nil
    }
  }

  /// Which message of a conversation is none, as half a sentence; nil if all are objects with the
  /// text `role`.
  public var messageFlaw: String? {
    var messages = self
    if case .map(let map) = self { messages = map["messages"] ?? .undefined }
    guard case .list(let list) = messages else { return nil }
    for (index, message) in list.elements.enumerated() {
      guard case .map(let map) = message else { return "message \(index) is no object" }
      guard let role = map["role"] else { return "message \(index) has no 'role'" }
      guard case .string = role else { return "the 'role' of message \(index) is no text" }
    }
    return nil
  }

  /// Reads a value from JSON; of equal keys the last counts.
  ///
  /// - Throws: ``JSONFailure`` if the text is not JSON, or an integer has more than 64 bits.
  public init(json text: RawSpan) throws(JSONFailure) {
    var reader = JSONReader(text)
    self = try TemplateValue(&reader)
    try reader.end()
  }

  private init(_ json: inout JSONReader) throws(JSONFailure) {
    switch try json.peek() {
    case .null:
      try json.skipValue()
      self = .none
    case .bool: self = .bool(try json.bool())
    case .string: self = .string(try json.string())
    case .number: self = try Self.number(&json)
    case .array:
      var elements: [TemplateValue] = []
      try json.beginArray()
      while try json.nextElement() { elements.append(try TemplateValue(&json)) }
      self = .list(elements)
    case .object:
      var members: [(key: String, value: TemplateValue)] = []
      try json.beginObject()
      while let key = try json.nextKey() { members.append((key, try TemplateValue(&json))) }
      self = .map(members)
    }
  }

  private static func number(_ json: inout JSONReader) throws(JSONFailure) -> TemplateValue {
    let offset = json.offset
    switch try json.number() {
    case .negative(let value): return .int(Int(value))
    case .double(let value): return .float(value)
    case .unsigned(let value):
      guard let value = Int(exactly: value) else {
        throw JSONFailure(
          .unexpectedValue, at: offset, "an integer below 2^63 is expected, found \(value)")
      }
      return .int(value)
    }
  }
}
