import TandemBytes
import TandemJSON
import Testing

/// A text that is not JSON, and the failure that says so.
struct RejectedText: CustomTestStringConvertible {
  let bytes: [UInt8]
  let failure: JSONFailure

  init(_ text: String, _ offset: Int, _ message: String) {
    self.init(Array(text.utf8), offset, message)
  }

  init(_ bytes: [UInt8], _ offset: Int, _ message: String) {
    self.bytes = bytes
    self.failure = JSONFailure(.syntax, at: offset, message)
  }

  var testDescription: String { String(decoding: bytes, as: UTF8.self).debugDescription }

  static let structure = [
    Self("", 0, "a value is expected, found the end of the text"),
    Self(" \n", 2, "a value is expected, found the end of the text"),
    Self("[1,]", 3, "a value is expected, found ']'"),
    Self(#"{"a":1,}"#, 7, "a key in double quotes is expected, found '}'"),
    Self("[,1]", 1, "a value is expected, found ','"),
    Self("[1 2]", 3, "a comma or ']' is expected, found '2'"),
    Self(#"{"a" 1}"#, 5, "a colon is expected, found '1'"),
    Self(#"{"a":1 x"#, 7, "a comma or '}' is expected, found 'x'"),
    Self("{a:1}", 1, "a key in double quotes is expected, found 'a'"),
    Self("{'a':1}", 1, "a key in double quotes is expected, found '''"),
    Self("['a']", 1, "a value is expected, found '''"),
    Self("{1:2}", 1, "a key in double quotes is expected, found '1'"),
    Self(#"{"a":}"#, 5, "a value is expected, found '}'"),
    Self("[}", 1, "a value is expected, found '}'"),
    Self("{]", 1, "a key in double quotes is expected, found ']'"),
    Self("[1", 2, "a comma or ']' is expected, found the end of the text"),
    Self(#"{"a""#, 4, "a colon is expected, found the end of the text"),
    Self("[1]]", 3, "the end of the text is expected, found ']'"),
    Self("1 2", 2, "the end of the text is expected, found '2'"),
    Self("1\0", 1, "the end of the text is expected, found the byte 0x00"),
    Self("// x\n1", 0, "a value is expected, found '/'"),
    Self("1 /* x */", 2, "the end of the text is expected, found '/'"),
    Self("\u{FEFF}1", 0, "a value is expected, found a byte order mark"),
    Self("\u{A0}1", 0, "a value is expected, found the byte 0xC2"),
    Self("\u{C}1", 0, "a value is expected, found the byte 0x0C"),
  ]

  static let scalars = [
    Self("01", 0, "a number must not begin with a zero and a digit"),
    Self("-01", 1, "a number must not begin with a zero and a digit"),
    Self("5.", 2, "a digit is expected, found the end of the text"),
    Self("[5.]", 3, "a digit is expected, found ']'"),
    Self(".5", 0, "a value is expected, found '.'"),
    Self("+1", 0, "a value is expected, found '+'"),
    Self("1e", 2, "a digit is expected, found the end of the text"),
    Self("[1E+]", 4, "a digit is expected, found ']'"),
    Self("-", 1, "a digit is expected, found the end of the text"),
    Self("0x10", 1, "the end of the text is expected, found 'x'"),
    Self("1_0", 1, "the end of the text is expected, found '_'"),
    Self("NaN", 0, "a value (NaN and Infinity are none) is expected, found 'N'"),
    Self("Infinity", 0, "a value (NaN and Infinity are none) is expected, found 'I'"),
    Self("-Infinity", 1, "a digit is expected, found 'I'"),
    Self("tru", 3, "'true' is expected, found the end of the text"),
    Self("[fals]", 5, "'false' is expected, found ']'"),
    Self("TRUE", 0, "a value is expected, found 'T'"),
    Self("nan", 1, "'null' is expected, found 'a'"),
    Self("[truefalse]", 5, "a comma or ']' is expected, found 'f'"),
  ]

  static let strings = [
    Self(#""abc"#, 4, "a closing quote is expected, found the end of the text"),
    Self(#""\"#, 2, "an escape is expected, found the end of the text"),
    Self(#""\x41""#, 2, #"one of "\/bfnrtu after a backslash is expected, found 'x'"#),
    Self(#""\u12g4""#, 5, "a hexadecimal digit is expected, found 'g'"),
    Self(#""\u12""#, 5, "a hexadecimal digit is expected, found '\"'"),
    Self(#""\ud800""#, 1, #"a surrogate needs its pair, found \ud800 alone"#),
    Self(#""\uDC00""#, 1, #"a surrogate needs its pair, found \uDC00 alone"#),
    Self(#""\ud800\u0041""#, 1, #"a surrogate needs its pair, found \ud800 alone"#),
    Self(#""\ud800\ud800""#, 1, #"a surrogate needs its pair, found \ud800 alone"#),
    Self(#""\ud83d\u00"#, 11, "a hexadecimal digit is expected, found the end of the text"),
    Self("\"a\nb\"", 2, control("0x0A")),
    Self("\"\t\"", 1, control("0x09")),
    Self("\"\0\"", 1, control("0x00")),
    Self([0x22, 0xC0, 0x80, 0x22], 1, utf8("0xC0")),
    Self([0x22, 0x61, 0xED, 0xA0, 0x80, 0x22], 2, utf8("0xED")),
    Self([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], 1, utf8("0xF4")),
    Self([0x22, 0xFF, 0x22], 1, utf8("0xFF")),
    Self([0x22, 0x80, 0x22], 1, utf8("0x80")),
    Self([0x22, 0xE2, 0x82, 0x22], 1, utf8("0xE2")),
    Self([0x22, 0xC3, 0x5C, 0x6E, 0xA9, 0x22], 1, utf8("0xC3")),
    Self([0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D], 2, utf8("0xFF")),
  ]

  private static func control(_ byte: String) -> String {
    "an escape instead of a control character is expected, found the byte \(byte)"
  }

  private static func utf8(_ byte: String) -> String {
    "well-formed UTF-8 is expected, found the byte \(byte)"
  }
}
