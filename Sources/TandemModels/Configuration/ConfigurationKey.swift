import TandemTensors

/// A property of a configuration and the key of its field.
struct ConfigurationKey: Sendable {
  let key: String
  /// Whether every configuration has it.
  let isRequired: Bool
  /// The field's value, nil if the model does not have the property.
  let get: @Sendable (ModelConfiguration) -> FieldValue?
  /// Sets the property; false if the value has another type or range.
  let set: @Sendable (inout ModelConfiguration, FieldValue) -> Bool

  /// All of them; `schemas/fields.md` says what each means.
  static let all = [
    text("config.activation", \.activation),
    text("config.architecture", \.architecture),
    flag("config.attention_bias", \.hasAttentionBias),
    flag("config.attention_output_bias", \.hasAttentionOutputBias),
    number("config.attention_scale", \.attentionScale),
    number("config.attention_softcap", \.attentionSoftcap),
    count("config.bos_token_id", \.bosTokenID),
    count("config.context_length", \.contextLength),
    number("config.embedding_scale", \.embeddingScale),
    counts("config.eos_token_ids", \.eosTokenIDs),
    flag("config.feed_forward_bias", \.hasFeedForwardBias),
    count("config.feed_forward_size", \.feedForwardSize),
    number("config.final_softcap", \.finalSoftcap),
    count("config.head_count", \.headCount),
    count("config.head_size", \.headSize),
    count("config.hidden_size", \.hiddenSize),
    count("config.key_value_head_count", \.keyValueHeadCount),
    count("config.layer_count", \.layerCount),
    number("config.norm_epsilon", \.normEpsilon),
    count("config.pad_token_id", \.padTokenID),
    flag("config.query_key_norm", \.hasQueryKeyNorm),
    number("config.rope_base", \.ropeBase),
    count("config.rope_dimension_count", \.ropeDimensionCount),
    counts("config.sliding_layers", \.slidingLayers),
    number("config.sliding_rope_base", \.slidingRopeBase),
    count("config.sliding_window", \.slidingWindow),
    flag("config.tied_embeddings", \.tiesEmbeddings),
    count("config.token_type_count", \.tokenTypeCount),
    count("config.unknown_token_id", \.unknownTokenID),
    count("config.vocabulary_size", \.vocabularySize),
    text("source.dtype", \.storedType),
  ]

  static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.key, $0) })
}

extension ConfigurationKey {
  private typealias Path<Value> = any WritableKeyPath<ModelConfiguration, Value> & Sendable

  private static func required<Value>(
    _ key: String, _ path: Path<Value>, _ encode: @escaping @Sendable (Value) -> FieldValue,
    _ decode: @escaping @Sendable (FieldValue) -> Value?
  ) -> ConfigurationKey {
    ConfigurationKey(key: key, isRequired: true) {
      encode($0[keyPath: path])
    } set: { configuration, field in
      guard let value = decode(field) else { return false }
      configuration[keyPath: path] = value
      return true
    }
  }

  private static func optional<Value>(
    _ key: String, _ path: Path<Value?>, _ encode: @escaping @Sendable (Value) -> FieldValue,
    _ decode: @escaping @Sendable (FieldValue) -> Value?
  ) -> ConfigurationKey {
    ConfigurationKey(key: key, isRequired: false) {
      $0[keyPath: path].map(encode)
    } set: { configuration, field in
      guard let value = decode(field) else { return false }
      configuration[keyPath: path] = value
      return true
    }
  }

  private static func count(_ key: String, _ path: Path<Int>) -> ConfigurationKey {
    required(key, path, { .unsigned(UInt64($0)) }, \.count)
  }

  private static func count(_ key: String, _ path: Path<Int?>) -> ConfigurationKey {
    optional(key, path, { .unsigned(UInt64($0)) }, \.count)
  }

  private static func number(_ key: String, _ path: Path<Double>) -> ConfigurationKey {
    required(key, path, { .float($0) }, \.number)
  }

  private static func number(_ key: String, _ path: Path<Double?>) -> ConfigurationKey {
    optional(key, path, { .float($0) }, \.number)
  }

  private static func text(_ key: String, _ path: Path<String>) -> ConfigurationKey {
    required(key, path, { .string($0) }, \.text)
  }

  private static func text(_ key: String, _ path: Path<String?>) -> ConfigurationKey {
    optional(key, path, { .string($0) }, \.text)
  }

  private static func flag(_ key: String, _ path: Path<Bool>) -> ConfigurationKey {
    required(key, path, { .bool($0) }, \.flag)
  }

  /// A list; an empty one has no field.
  private static func counts(_ key: String, _ path: Path<[Int]>) -> ConfigurationKey {
    ConfigurationKey(key: key, isRequired: false) {
      $0[keyPath: path].isEmpty ? nil : .list($0[keyPath: path].map { UInt64($0) })
    } set: { configuration, field in
      guard case .list(let values) = field else { return false }
      let counts = values.compactMap { Int(exactly: $0) }
      configuration[keyPath: path] = counts
      return counts.count == values.count
    }
  }
}

extension FieldValue {
  fileprivate var count: Int? {
    if case .unsigned(let value) = self { Int(exactly: value) } else { nil }
  }
  fileprivate var number: Double? { if case .float(let value) = self { value } else { nil } }
  fileprivate var text: String? { if case .string(let value) = self { value } else { nil } }
  fileprivate var flag: Bool? { if case .bool(let value) = self { value } else { nil } }
}
