import TandemBytes
import TandemJSON
import Testing

@Suite struct JSONOutputTests {
  private let value = JSONOutput.object([
    ("path/to", .array([])),
    ("object", .object([])),
    (
      "numbers",
      .array([
        .integer(.min), .unsigned(.max), .number(0.1), .number(1e22), .number(-0.0),
        .number(.leastNonzeroMagnitude), .number(100),
      ])
    ),
    ("rest", .array([.bool(true), .bool(false), .null, .object([("a", .string("b"))])])),
    ("text", .string("é\0\u{1}\n\"\\/\u{7F}\u{2028}😀")),
  ])

  @Test func `the compact text has no whitespace and keeps the order`() {
    #expect(
      value.text(pretty: false)
        == #"{"path/to":[],"object":{},"numbers":[-9223372036854775808,18446744073709551615,"#
        + #"0.1,1e+22,-0.0,5e-324,100.0],"rest":[true,false,null,{"a":"b"}],"#
        + #""text":"é\u0000\u0001\n\"\\/"# + "\u{7F}\u{2028}😀\"}")
  }

  @Test func `the pretty text has one line an element`() {
    let value = JSONOutput.object([
      ("a", .array([.integer(1), .object([("b", .null)]), .array([])])), ("c", .object([])),
    ])
    #expect(
      value.text(pretty: true) == """
        {
          "a": [
            1,
            {
              "b": null
            },
            []
          ],
          "c": {}
        }
        """)
  }

  @Test(arguments: [false, true])
  func `what is written is read back`(pretty: Bool) throws {
    let text = value.text(pretty: pretty)
    let bytes = Array(text.utf8)
    #expect(try JSONOutput(reading: bytes).text(pretty: pretty) == text)
    let tree = try JSONDocument(parsing: bytes.rawSpan)
    #expect(JSONOutput(tree.root).text(pretty: pretty) == text)
  }

  @Test(arguments: [0.1, 1 / 3, 1e-7, 123_456_789.125, .greatestFiniteMagnitude, -.pi])
  func `a double is read back as itself`(number: Double) throws {
    #expect(try document(JSONOutput.number(number).text(pretty: false)).root.double == number)
  }

  @Test func `a key with NUL is written whole`() throws {
    let text = JSONOutput.array([
      .object([("a\0b", .array([.integer(1)])), ("a", .null)]), .integer(2),
    ]).text(pretty: false)
    #expect(text == #"[{"a\u0000b":[1],"a":null},2]"#)
  }

  @Test func `numbers that are not finite are a precondition failure`() async {
    await #expect(processExitsWith: .failure) {
      _ = JSONOutput.number(.nan).text(pretty: false)
    }
    await #expect(processExitsWith: .failure) {
      _ = JSONOutput.number(-.infinity).text(pretty: false)
    }
  }

  @Test func `a key that occurs twice is a precondition failure`() async {
    await #expect(processExitsWith: .failure) {
      _ = JSONOutput.object([("a", .null), ("a", .null)]).text(pretty: false)
    }
  }
}

@Suite struct JSONStreamTests {
  private let tensor = JSONOutput.object([
    ("name", .string("a\nb")), ("shape", .array([.integer(4)])),
  ])

  @Test(arguments: [false, true])
  func `a streamed text is the text of the whole`(pretty: Bool) {
    var text = ""
    var stream = JSONStream(pretty: pretty) { text += $0 }
    stream.beginObject()
    stream.write(.integer(1), key: "version")
    stream.beginArray(key: "tensors")
    stream.write(tensor)
    stream.write(tensor)
    stream.beginArray()
    stream.end()
    stream.end()
    stream.beginObject(key: "a\"b")
    stream.end()
    stream.end()
    let whole = JSONOutput.object([
      ("version", .integer(1)), ("tensors", .array([tensor, tensor, .array([])])),
      ("a\"b", .object([])),
    ])
    #expect(text == whole.text(pretty: pretty))
  }

  @Test func `a streamed key may hold NUL`() {
    var text = ""
    var stream = JSONStream(pretty: false) { text += $0 }
    stream.beginObject()
    stream.write(.null, key: "a\0b")
    stream.end()
    #expect(text == #"{"a\u0000b":null}"#)
  }

  @Test func `a member without a key is a precondition failure`() async {
    await #expect(processExitsWith: .failure) {
      var stream = JSONStream(pretty: false) { _ in }
      stream.beginObject()
      stream.write(.null)
    }
  }
}
