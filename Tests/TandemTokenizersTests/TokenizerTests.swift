import TandemBytes
import TandemModels
import TandemTokenizers
import Testing

@Suite struct TokenizerTests {
  private func texts(_ tokenizer: Tokenizer, _ text: String) -> [String] {
    tokenizer.encode(text).map { tokenizer.vocabulary.tokens.text($0) }
  }

  @Test func `merges are applied in the order of their ranks`() throws {
    let tokenizer = try SampleVocabulary.tokenizer(SampleVocabulary.byteLevel())
    #expect(texts(tokenizer, "hello world") == ["hello", "Ġworld"])
    #expect(texts(tokenizer, "helloo wor!") == ["hello", "o", "Ġwor", "!"])
    #expect(tokenizer.encode("").isEmpty)
  }

  @Test func `a character beyond ASCII is merged from its bytes`() throws {
    let tokenizer = try SampleVocabulary.tokenizer(SampleVocabulary.byteLevel())
    #expect(texts(tokenizer, "é") == ["Ã©"])
    #expect(tokenizer.decode(tokenizer.encode("é€")) == "é€")
  }

  @Test func `added tokens are told from text, special ones only if asked for`() throws {
    let tokenizer = try SampleVocabulary.tokenizer(SampleVocabulary.byteLevel())
    #expect(texts(tokenizer, "he<s>he<tool>") == ["he", "<s>", "he", "<tool>"])
    let plain = tokenizer.encode("<s><tool>", readingSpecial: false)
    // None of the characters of <s> has a token.
    #expect(plain.map { tokenizer.vocabulary.tokens.text($0) } == ["<tool>"])
  }

  @Test func `an added token takes the white space that its flags name`() throws {
    let stripping = SampleVocabulary.byteLevel(flags: #", "lstrip": true, "rstrip": true"#)
    let tokenizer = try SampleVocabulary.tokenizer(stripping)
    #expect(texts(tokenizer, "he \n<s>  he") == ["he", "<s>", "he"])
  }

  @Test func `a single word is told only if no word touches it`() throws {
    let text = SampleVocabulary.byteLevel(flags: #", "single_word": true"#)
    let tokenizer = try SampleVocabulary.tokenizer(text)
    #expect(texts(tokenizer, "he<s>") == ["he"])
    #expect(texts(tokenizer, "he <s>!").contains("<s>"))
  }

  @Test func `a decomposed text is composed where the normaliser says so`() throws {
    let composing = SampleVocabulary.byteLevel(normalizer: #"{"type": "NFC"}"#)
    #expect(texts(try SampleVocabulary.tokenizer(composing), "e\u{301}") == ["Ã©"])
    let plain = try SampleVocabulary.tokenizer(SampleVocabulary.byteLevel())
    #expect(texts(plain, "e\u{301}") == ["e"])
  }

  @Test func `digits are cut one by one`() throws {
    let digits = #"{"type": "Digits", "individual_digits": true}"#
    let byteLevel = #"{"type": "ByteLevel", "add_prefix_space": false}"#
    let sequence = #"{"type": "Sequence", "pretokenizers": [\#(digits), \#(byteLevel)]}"#
    let tokenizer = try SampleVocabulary.tokenizer(
      SampleVocabulary.byteLevel(preTokenizer: sequence))
    #expect(texts(tokenizer, "he12") == ["he", "1", "2"])
  }

  @Test func `ill-formed text is read with replacement characters`() throws {
    let tokenizer = try SampleVocabulary.tokenizer(SampleVocabulary.byteLevel())
    let bytes: [UInt8] = [0x68, 0xFF, 0x65]
    #expect(tokenizer.encode(bytes.rawSpan) == tokenizer.encode("h\u{FFFD}e"))
  }

  @Test func `scores decide what is merged, and bytes stand for unknown characters`() throws {
    let tokenizer = try SampleVocabulary.scores(addsSpace: false)
    #expect(texts(tokenizer, "abc") == ["<s>", "a", "bc"])
    #expect(texts(tokenizer, "é") == ["<s>", "<0xC3>", "<0xA9>"])
    #expect(tokenizer.decode(tokenizer.encode("a é", addingSpecial: false)) == "a é")
  }

  @Test func `a space is put before a text, and taken off again`() throws {
    let tokenizer = try SampleVocabulary.scores(addsSpace: true)
    #expect(texts(tokenizer, "ab") == ["<s>", "▁ab"])
    #expect(tokenizer.decode(tokenizer.encode("ab", addingSpecial: false)) == "ab")
  }

  @Test func `a long text without spaces takes no quadratic time`() throws {
    let tokenizer = try SampleVocabulary.tokenizer(SampleVocabulary.byteLevel())
    let ids = tokenizer.encode(String(repeating: "hello", count: 10_000))
    #expect(ids.count == 10_000 && Set(ids).count == 1)
    let scores = try SampleVocabulary.scores(addsSpace: false)
    #expect(scores.encode(String(repeating: "ab", count: 10_000)).count == 10_001)
  }
}

@Suite struct TokenDecoderTests {
  @Test func `half a character is held back until it is complete`() throws {
    let tokenizer = try SampleVocabulary.scores(addsSpace: false)
    var decoder = tokenizer.decoder()
    let ids = [0xE2, 0x82, 0xAC].map { 3 + $0 }
    #expect(ids.map { decoder.append($0) } == ["", "", "€"])
    #expect(decoder.finish() == "")
  }

  @Test func `what is never completed becomes one replacement character`() throws {
    let tokenizer = try SampleVocabulary.scores(addsSpace: false)
    var decoder = tokenizer.decoder()
    #expect(decoder.append(3 + 0xF0) == "" && decoder.append(3 + 0x9F) == "")
    #expect(decoder.append(3 + 0x41) == "\u{FFFD}A")
    #expect(decoder.append(3 + 0xC3) == "")
    #expect(decoder.finish() == "\u{FFFD}")
  }

  @Test(arguments: [0xFF, 0xC0, 0x80, 0xF5])
  func `a byte that begins no character is not held back`(byte: Int) throws {
    let tokenizer = try SampleVocabulary.scores(addsSpace: false)
    var decoder = tokenizer.decoder()
    #expect(decoder.append(3 + byte) == "\u{FFFD}")
  }

  @Test func `token by token gives the text of all tokens`() throws {
    let tokenizer = try SampleVocabulary.tokenizer(SampleVocabulary.byteLevel())
    let ids = tokenizer.encode("hello é€ world<s>")
    var decoder = tokenizer.decoder()
    let parts = ids.map { decoder.append($0) }.joined() + decoder.finish()
    #expect(parts == tokenizer.decode(ids))
    #expect(tokenizer.decode(ids, skippingSpecial: true) == "hello é€ world")
  }

  @Test(arguments: [-1, 1_000_000, Int.max, Int.min])
  func `an id that is no token gives no text`(id: Int) throws {
    let tokenizer = try SampleVocabulary.tokenizer(SampleVocabulary.byteLevel())
    #expect(tokenizer.decode([id, 0]) == "h")
  }
}
