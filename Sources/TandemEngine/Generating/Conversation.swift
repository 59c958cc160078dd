public import TandemTokenizers

/// What was said so far, for a model's chat template.
public struct Conversation: Sendable {
  private var messages: [TemplateValue] = []

  /// - Parameter system: What the model is told before anybody speaks; nil for nothing.
  public init(system: String? = nil) {
    if let system { add("system", system) }
  }

  /// Adds what a user says.
  public mutating func addUser(_ text: String) { add("user", text) }

  /// Adds what the model has said.
  public mutating func addAssistant(_ text: String) { add("assistant", text) }

  private mutating func add(_ role: String, _ text: String) {
    messages.append(
      .map([(key: "role", value: .string(role)), (key: "content", value: .string(text))]))
  }

  /// The tokens after which the model speaks next.
  ///
  /// - Returns: nil if the model has no chat template.
  /// - Throws: ``TemplateFailure`` if the template cannot be applied.
  public func tokens(_ tokenizer: Tokenizer) throws(TemplateFailure) -> [Int]? {
    let text = try tokenizer.chatText([
      (name: "messages", value: .list(messages)),
      (name: "add_generation_prompt", value: .bool(true)),
    ])
    return text.map { tokenizer.encode($0, addingSpecial: false) }
  }
}
