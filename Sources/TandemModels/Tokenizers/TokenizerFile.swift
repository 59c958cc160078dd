import TandemBytes
import TandemJSON

/// What `tokenizer.json` says, read in one pass and without a tree of its vocabulary.
struct TokenizerFile {
  private(set) var added: [(token: AddedToken, text: String)] = []
  /// The texts of the model's vocabulary in the order of the file, and their ids.
  private(set) var texts = TokenTexts()
  private(set) var ids: [Int] = []
  /// Both sides of each merge rule.
  private(set) var merges = TokenTexts()
  private(set) var modelType: String?
  private(set) var unknownToken: String?
  private(set) var unknownID: Int?
  /// The model's other members: flags, prefixes, limits.
  private(set) var options: [String: ConfigValue] = [:]
  /// The parts around the model, small enough for a tree.
  private(set) var parts: [String: ConfigValue] = [:]

  var hasByteFallback: Bool { options["byte_fallback"] == .bool(true) }
  var continuingPrefix: String { options["continuing_subword_prefix"]?.string ?? "" }

  /// - Throws: ``JSONFailure`` at the first value that is not what the format has in its place.
  init(_ bytes: RawSpan) throws(JSONFailure) {
    var json = JSONReader(bytes)
    try json.beginObject()
    while let key = try json.nextKey() {
      switch key {
      case "added_tokens": try readAddedTokens(&json)
      case "model": try readModel(&json)
      case "normalizer", "pre_tokenizer", "post_processor", "decoder":
        parts[key] = try ConfigValue(&json)
      default: try json.skipValue()
      }
    }
    try json.end()
  }

  private mutating func readAddedTokens(_ json: inout JSONReader) throws(JSONFailure) {
    try json.beginArray()
    while try json.nextElement() {
      var id: Int?
      var text: String?
      var token = AddedToken(id: 0)
      let offset = json.offset
      try json.beginObject()
      while let key = try json.nextKey() {
        switch key {
        case "id": id = try json.tokenID()
        case "content": text = try json.string()
        case "special": token.isSpecial = try json.bool()
        case "lstrip": token.stripsLeft = try json.bool()
        case "rstrip": token.stripsRight = try json.bool()
        case "single_word": token.isSingleWord = try json.bool()
        case "normalized": token.isNormalized = try json.bool()
        default: try json.skipValue()
        }
      }
      guard let id, let text else {
        throw JSONFailure(.unexpectedValue, at: offset, "an added token needs id and content")
      }
      token.id = id
      added.append((token, text))
    }
  }

  private mutating func readModel(_ json: inout JSONReader) throws(JSONFailure) {
    try json.beginObject()
    while let key = try json.nextKey() {
      if try json.peek() == .null {
        try json.skipValue()
        continue
      }
      switch key {
      case "type": modelType = try json.string()
      case "vocab": try readVocabulary(&json)
      case "merges": try readMerges(&json)
      case "unk_token": unknownToken = try json.string()
      case "unk_id": unknownID = try json.tokenID()
      default: options[key] = try ConfigValue(&json)
      }
    }
  }

  /// An object from text to id, or, for Unigram, a list of texts with their scores.
  private mutating func readVocabulary(_ json: inout JSONReader) throws(JSONFailure) {
    if try json.peek() == .array {
      try json.beginArray()
      while try json.nextElement() {
        try json.beginArray()
        try json.requireElement("a text")
        texts.append(try json.string())
        try json.requireElement("a score")
        _ = try json.number()
        if try json.nextElement() {
          throw JSONFailure(.unexpectedValue, at: json.offset, "a text and its score are allowed")
        }
        ids.append(ids.count)
      }
    } else {
      try json.beginObject()
      while let text = try json.nextKey() {
        texts.append(text)
        ids.append(try json.tokenID())
      }
    }
  }

  /// A list of rules, each a string with a space or a list of two strings.
  private mutating func readMerges(_ json: inout JSONReader) throws(JSONFailure) {
    try json.beginArray()
    while try json.nextElement() {
      let offset = json.offset
      if try json.peek() == .array {
        try json.beginArray()
        for _ in 0..<2 {
          try json.requireElement("a token")
          merges.append(try json.string())
        }
        if try json.nextElement() {
          throw JSONFailure(.unexpectedValue, at: json.offset, "a merge rule has two tokens")
        }
      } else {
        let rule = Array(try json.string().utf8)
        if !merges.append(sidesOf: rule.rawSpan) {
          throw JSONFailure(
            .unexpectedValue, at: offset, "a merge rule is two tokens with a space between")
        }
      }
    }
  }
}

extension JSONReader {
  fileprivate mutating func tokenID() throws(JSONFailure) -> Int {
    let offset = offset
    let number = try unsigned()
    guard number <= UInt64(Limit.vocabulary) else {
      throw JSONFailure(
        .unexpectedValue, at: offset,
        "a token id up to \(Limit.vocabulary) is expected, found \(number)")
    }
    return Int(number)
  }

  fileprivate mutating func requireElement(_ what: String) throws(JSONFailure) {
    guard try nextElement() else {
      throw JSONFailure(.unexpectedValue, at: offset, "\(what) is expected, found the list's end")
    }
  }
}
