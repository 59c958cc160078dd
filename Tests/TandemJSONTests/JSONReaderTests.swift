import TandemBytes
import TandemJSON
import Testing

@Suite struct JSONReaderTests {
  @Test(arguments: RejectedText.structure + RejectedText.scalars + RejectedText.strings)
  func `a text that is not JSON is refused with its place`(_ example: RejectedText) {
    #expect(skippingFailure(example.bytes) == example.failure)
    #expect(parsingFailure(example.bytes) == example.failure)
    #expect(throws: JSONFailure.self) { try JSONOutput(reading: example.bytes) }
  }

  @Test(arguments: [
    "1", " \t\r\n1 \t\r\n", "{}", "[ ]", "[[],{}]", #"{"":0}"#, #"{"a":1,"a":2}"#, "-0", "0.5",
    "1E+2",
    "0e0", "\"\u{7F}\"", "\"\u{2028}\u{10FFFF}\"", #""\/\b\f\n\r\t\"\\""#, #""\u0000\uD83D\uDE00""#,
  ])
  func `a text that is JSON is accepted`(text: String) {
    #expect(skippingFailure(Array(text.utf8)) == nil)
  }

  @Test func `values are read in the order of the text`() throws {
    let bytes = Array(
      #" { "a" : [ 1 , -2 ] , "b" : { "c" : "d" , "e" : null } , "f" : true } "#.utf8)
    var reader = JSONReader(bytes.rawSpan)
    try reader.beginObject()
    #expect(try reader.nextKey() == "a")
    #expect(reader.keyOffset == 3)
    try reader.beginArray()
    #expect(try reader.nextElement())
    #expect(try reader.unsigned() == 1)
    #expect(try reader.nextElement())
    #expect(try reader.number() == .negative(-2))
    #expect(try !reader.nextElement())
    #expect(try reader.nextKey() == "b")
    #expect(try reader.peek() == .object)
    #expect(reader.offset == 28)
    try reader.skipValue()
    #expect(try reader.nextKey() == "f")
    #expect(try reader.bool())
    #expect(try reader.nextKey() == nil)
    try reader.end()
  }

  @Test func `a string keeps every character`() throws {
    let text = #""a\u0000b\ud83d\uDE00é\n\u00e9\/😀""#
    let string = try reading(text) { reader throws(JSONFailure) in try reader.string() }
    #expect(Array(string.unicodeScalars) == Array("a\0b😀é\né/😀".unicodeScalars))
  }

  @Test func `a key may hold NUL`() throws {
    let key = try reading(#"{"a\u0000b":1}"#) { reader throws(JSONFailure) in
      try reader.beginObject()
      return try reader.nextKey()
    }
    #expect(key == "a\0b")
  }

  @Test func `a value of another kind is named and can still be skipped`() throws {
    let bytes = Array("[ 7, 8]".utf8)
    var reader = JSONReader(bytes.rawSpan)
    try reader.beginArray()
    #expect(try reader.nextElement())
    #expect(
      failure(of: &reader) { reader throws(JSONFailure) in _ = try reader.string() }
        == JSONFailure(.unexpectedValue, at: 2, "a string is expected, found a number"))
    try reader.skipValue()
    #expect(try reader.nextElement())
    #expect(try reader.unsigned() == 8)
  }

  private func failure(
    of reader: inout JSONReader, _ call: (inout JSONReader) throws(JSONFailure) -> Void
  ) -> JSONFailure? {
    do throws(JSONFailure) {
      try call(&reader)
      return nil
    } catch { return error }
  }

  @Test func `nesting is counted against the limit`() {
    let deep = nested(64)
    #expect(skippingFailure(deep) == nil)
    #expect(parsingFailure(deep) == nil)
    let message = "at most 64 arrays and objects may be open at once"
    #expect(skippingFailure(nested(65)) == JSONFailure(.syntax, at: 64, message))
    #expect(parsingFailure(nested(65)) == JSONFailure(.syntax, at: 64, message))
    #expect(skippingFailure(nested(1_000_000))?.offset == 64)
    #expect(parsingFailure([UInt8](repeating: UInt8(ascii: "["), count: 1_000_000))?.offset == 64)
  }

  private func nested(_ depth: Int) -> [UInt8] {
    Array((String(repeating: "[", count: depth - 1) + "[1]").utf8)
      + [UInt8](repeating: UInt8(ascii: "]"), count: depth - 1)
  }

  @Test func `a smaller limit counts objects and arrays alike`() {
    let bytes = Array(#"{"a":[[1]]}"#.utf8)
    var reader = JSONReader(bytes.rawSpan, maximumDepth: 2)
    #expect(
      failure(of: &reader) { reader throws(JSONFailure) in try reader.skipValue() }
        == JSONFailure(.syntax, at: 6, "at most 2 arrays and objects may be open at once"))
  }

  @Test func `a call that does not follow the structure is a precondition failure`() async {
    await #expect(processExitsWith: .failure) {
      var reader = JSONReader([0x5B, 0x5D].rawSpan)
      try reader.beginArray()
      _ = try reader.nextKey()
    }
    await #expect(processExitsWith: .failure) {
      var reader = JSONReader([0x31].rawSpan)
      try reader.skipValue()
      try reader.skipValue()
    }
  }
}
