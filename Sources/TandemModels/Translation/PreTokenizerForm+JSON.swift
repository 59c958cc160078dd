import TandemJSON

extension PreTokenizerForm {
  /// `pre_tokenizer` in tokenizer.json.
  var json: JSONOutput {
    let steps = steps.map(\.json)
    if steps.count == 1 { return steps[0] }
    return .object([("type", .string("Sequence")), ("pretokenizers", .array(steps))])
  }

  /// `normalizer` in tokenizer.json.
  var normalizerJSON: JSONOutput {
    normalizer.map { .object([("type", .string($0))]) } ?? .null
  }
}

extension PreTokenizerForm.Step {
  fileprivate var json: JSONOutput {
    switch self {
    case .split(let pattern):
      .object([
        ("type", .string("Split")), ("pattern", .object([("Regex", .string(pattern))])),
        ("behavior", .string("Isolated")), ("invert", .bool(false)),
      ])
    case .digits(let areIndividual):
      .object([("type", .string("Digits")), ("individual_digits", .bool(areIndividual))])
    case .byteLevel(let hasPattern):
      .object([
        ("type", .string("ByteLevel")), ("add_prefix_space", .bool(false)),
        ("trim_offsets", .bool(true)), ("use_regex", .bool(hasPattern)),
      ])
    }
  }
}
