import TandemBytes
import TandemJSON
import Testing

/// A number's text and what the reader makes of it.
struct NumberText: CustomTestStringConvertible {
  let text: String
  let number: JSONNumber

  var testDescription: String { text.count > 40 ? "\(text.prefix(40))…" : text }

  static let all = [
    Self(text: "0", number: .unsigned(0)),
    Self(text: "18446744073709551615", number: .unsigned(.max)),
    Self(text: "9007199254740993", number: .unsigned(9_007_199_254_740_993)),
    Self(text: "-0", number: .negative(0)),
    Self(text: "-9223372036854775808", number: .negative(.min)),
    Self(text: "2.0", number: .double(2)),
    Self(text: "2e0", number: .double(2)),
    Self(text: "-1.5E-1", number: .double(-0.15)),
    Self(text: "0.1", number: .double(0.1)),
    Self(text: "5e-324", number: .double(.leastNonzeroMagnitude)),
    Self(text: "1e-400", number: .double(0)),
    Self(text: "1.7976931348623157e308", number: .double(.greatestFiniteMagnitude)),
    Self(text: "123456789012345678901234567890.0", number: .double(1.2345678901234568e29)),
    Self(text: "0." + String(repeating: "3", count: 1000), number: .double(1.0 / 3)),
  ]
}

@Suite struct JSONNumberTests {
  @Test(arguments: NumberText.all)
  func `a number is read without loss`(_ example: NumberText) throws {
    let number = try reading(example.text) { reader throws(JSONFailure) in try reader.number() }
    #expect(number == example.number)
  }

  @Test(arguments: NumberText.all)
  func `json-c has the same number`(_ example: NumberText) throws {
    let value = try document(example.text).root
    switch example.number {
    case .unsigned(let number):
      #expect(value.unsigned == number)
      #expect(value.int == Int(exactly: number))
      #expect(value.double == Double(number))
    case .negative(let number):
      #expect(value.int == Int(number))
      #expect(value.double == Double(number))
    case .double(let number):
      #expect(value.double == number)
      #expect(value.int == nil)
      #expect(value.unsigned == nil)
    }
  }

  @Test(arguments: ["18446744073709551616", "-9223372036854775809", "99999999999999999999999"])
  func `an integer outside 64 bits is refused`(text: String) {
    let expected = JSONFailure(
      .unexpectedValue, at: 0, "a number that fits an integer of 64 bits is expected, found \(text)"
    )
    #expect(throws: expected) {
      try reading(text) { reader throws(JSONFailure) in try reader.number() }
    }
    #expect(parsingFailure(Array(text.utf8)) == expected)
    #expect(skippingFailure(Array(text.utf8)) == nil)
  }

  @Test(arguments: ["1e400", "-1e400", "1e99999999999999999999"])
  func `a number outside double's range is refused`(text: String) {
    let expected = JSONFailure(
      .unexpectedValue, at: 1, "a number that fits a double is expected, found \(text)")
    #expect(parsingFailure(Array("[\(text)]".utf8)) == expected)
  }

  @Test(arguments: ["-1", "-0", "2.0", "2e0", "1e400"])
  func `only digits make a non-negative integer`(text: String) {
    #expect(
      throws: JSONFailure(
        .unexpectedValue, at: 0, "a non-negative integer is expected, found \(text)")
    ) { try reading(text) { reader throws(JSONFailure) in try reader.unsigned() } }
  }

  @Test(arguments: ["NaN", "Infinity", "-Infinity"])
  func `numbers that are not finite are read where they are allowed`(text: String) throws {
    let number = try reading(text, allowsNonFinite: true) { reader throws(JSONFailure) in
      try reader.number()
    }
    guard case .double(let value) = number else { return #expect(Bool(false), "\(number)") }
    #expect(!value.isFinite)
    let document = try document("[1, \(text)]", allowsNonFinite: true)
    #expect(document.hasNonFinite)
    #expect(document.root[1]?.double?.description == value.description)
    #expect(document.root[1]?.int == nil)
  }

  @Test(arguments: ["-NaN", "nan", "Inf", "infinity", "NaNs", "Infinit"])
  func `no other spelling is allowed`(text: String) {
    #expect(skippingFailure(Array(text.utf8), allowsNonFinite: true)?.kind == .syntax)
    #expect(parsingFailure(Array(text.utf8), allowsNonFinite: true)?.kind == .syntax)
  }

  @Test func `large integers pass where they are allowed, without a value`() throws {
    let text = "[1000000000000000019884624838656, -9223372036854775809, 1000]"
    let document = try JSONDocument(parsing: Array(text.utf8).rawSpan, allowsLargeIntegers: true)
    #expect(document.hasLargeIntegers)
    #expect(document.root.elements.map(\.int) == [nil, nil, 1000])
    #expect(document.root.elements.map(\.unsigned) == [nil, nil, 1000])
    #expect(document.root.elements.map(\.double) == [nil, nil, 1000])
  }

  @Test func `ten million digits cost no more than reading them`() throws {
    let digits = [UInt8](repeating: UInt8(ascii: "7"), count: 10_000_000)
    var reader = JSONReader(digits.rawSpan)
    #expect(throws: JSONFailure.self) { try reader.unsigned() }
    #expect(parsingFailure(digits)?.kind == .unexpectedValue)
    let fraction = Array("0.".utf8) + digits
    #expect(try JSONDocument(parsing: fraction.rawSpan).root.double == 7.0 / 9)
  }
}
