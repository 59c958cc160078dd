public import TandemModels

extension Vocabulary {
  /// What a chat template sees of the tokenizer: the texts of its special tokens by their names.
  public var templateVariables: [(name: String, value: TemplateValue)] {
    let ids = [
      ("bos_token", bosTokenID), ("eos_token", tokenizerEOSTokenID ?? eosTokenIDs.first),
      ("pad_token", padTokenID), ("unk_token", unknownTokenID),
    ]
    return ids.compactMap { name, id in
      guard let id, 0..<tokenCount ~= id else { return nil }
      return (name, .string(tokens.text(id)))
    }
  }
}

extension Tokenizer {
  /// The text of a conversation, by the model's chat template.
  ///
  /// - Parameter variables: `messages`, and what else the template asks for; `tools`, `documents`
  ///   and `add_generation_prompt` are none and false unless they are given.
  /// - Returns: The text, whose special tokens are part of it: it is encoded without adding any.
  ///   nil if the model has no chat template.
  /// - Throws: ``TemplateFailure`` as ``ChatTemplate`` does.
  public func chatText(
    _ variables: [(name: String, value: TemplateValue)]
  ) throws(TemplateFailure) -> String? {
    guard let source = vocabulary.chatTemplate else { return nil }
    var all: [(name: String, value: TemplateValue)] = [
      ("tools", .none), ("documents", .none), ("add_generation_prompt", .bool(false)),
    ]
    all += vocabulary.templateVariables
    return try ChatTemplate(source).render(all + variables)
  }
}
