import TandemBytes
import TandemJSON
import Testing

@Suite struct JSONDocumentTests {
  @Test func `a tree gives values of their own type only`() throws {
    let root = try document(
      #"{"z": "a\u0000b", "a": [1, 2.0, -3, true, null, {}], "": false, "é": "😀"}"#
    ).root
    #expect(root.kind == .object)
    #expect(root.count == 4)
    #expect(root.members.map(\.key) == ["z", "a", "", "é"])
    #expect(root["z"]?.string == "a\0b")
    #expect(root["é"]?.string == "😀")
    #expect(root[""]?.bool == false)
    #expect(root["missing"] == nil)
    #expect(root[0] == nil)
    let elements = try #require(root["a"]).elements
    #expect(elements.map(\.int) == [1, nil, -3, nil, nil, nil])
    #expect(elements.map(\.unsigned) == [1, nil, nil, nil, nil, nil])
    #expect(elements.map(\.double) == [1, 2, -3, nil, nil, nil])
    #expect(elements.map(\.bool) == [nil, nil, nil, true, nil, nil])
    #expect(elements.map(\.string) == [String?](repeating: nil, count: 6))
    #expect(elements.map(\.kind) == [.number, .number, .number, .bool, .null, .object])
    #expect(root["a"]?[6] == nil)
    #expect(root["a"]?[-1] == nil)
    #expect(root["a"]?["z"] == nil)
  }

  @Test(arguments: ["null", " null ", "7", "-7.5", "\"x\"", "true"])
  func `a text may be one scalar`(text: String) throws {
    let value = try document(text).root
    #expect(JSONOutput(value).text(pretty: false) == text.filter { $0 != " " })
  }

  @Test func `a value keeps its document alive`() throws {
    func inner() throws -> JSONValue? { try document(#"{"a":["b"]}"#).root["a"]?[0] }
    #expect(try inner()?.string == "b")
  }

  @Test(arguments: [
    DuplicateKey(text: #"{"a":1,"b":2,"a":3}"#, key: "a", offset: 13),
    DuplicateKey(text: #"{"a":{"b":1,"\u0062":2}}"#, key: "b", offset: 12),
    DuplicateKey(text: #"[{"a":1},{"a":1,"a":1}]"#, key: "a", offset: 16),
    DuplicateKey(text: #"{"\ud83d\ude00":1,"😀":2}"#, key: "😀", offset: 18),
    DuplicateKey(text: #"{"":1,"":2}"#, key: "", offset: 6),
    DuplicateKey(text: #"{"\u001b":1,"\u001B":2}"#, key: #"\u{1b}"#, offset: 12),
  ])
  func `a second member of the same key is refused`(_ example: DuplicateKey) {
    #expect(
      parsingFailure(Array(example.text.utf8))
        == JSONFailure(
          .duplicateKey, at: example.offset,
          "the key '\(example.key)' occurs twice in one object"))
  }

  struct DuplicateKey: CustomTestStringConvertible {
    let text: String
    let key: String
    let offset: Int

    var testDescription: String { text }
  }

  @Test func `keys are the same if their bytes are`() throws {
    let root = try document("{\"\u{E9}\": 1, \"e\u{301}\": 2}").root
    #expect(root["\u{E9}"]?.int == 1)
    #expect(root["e\u{301}"]?.int == 2)
  }

  @Test(arguments: [0x1D800, 0x1DFFF, 0x2DA00, 0x10DFFF, 0x1D7FF, 0x1E000] as [UInt32])
  func `characters that json-c misreads in escapes are kept`(code: UInt32) throws {
    let scalar = try #require(Unicode.Scalar(code))
    let pair = UTF16.encode(scalar)?.map { "\\u" + String($0, radix: 16) }.joined() ?? ""
    let root = try document("{\"\(pair)\": \"\\\\\(pair)\\n\", \"\u{FFFD}\": 1}").root
    #expect(root.count == 2)
    #expect(root[String(scalar)]?.string == "\\\(scalar)\n")
  }

  @Test func `a key with NUL is refused because json-c would cut it`() {
    #expect(
      parsingFailure(Array(#"{"a": 1, "a\u0000b": 2}"#.utf8))
        == JSONFailure(
          .unexpectedValue, at: 9,
          #"a key without the character U+0000 is expected, found 'a\u{0}b'"#))
  }

  @Test func `a key with NUL finds nothing`() throws {
    #expect(try document(#"{"a": 1}"#).root["a\0b"] == nil)
  }

  @Test func `a long key is shortened in the message`() {
    let key = String(repeating: "k", count: 100_000)
    let message = parsingFailure(Array("{\"\(key)\":1,\"\(key)\":2}".utf8))?.message
    #expect(message?.utf8.count ?? .max < 200)
  }

  @Test func `a text over the size limit is not parsed`() throws {
    let bytes = Array("[1, 2]".utf8)
    _ = try JSONDocument(parsing: bytes.rawSpan, maximumByteCount: 6)
    #expect(
      throws: JSONFailure(.unexpectedValue, at: 5, "at most 5 bytes are allowed, found 6")
    ) { try JSONDocument(parsing: bytes.rawSpan, maximumByteCount: 5) }
  }
}
