/// A number's end and what its digits say.
struct NumberToken {
  enum Form {
    /// The value without its sign, nil if it exceeds 64 bits.
    case integer(UInt64?)
    /// With a fraction or an exponent.
    case decimal
    case nonFinite(Double)
  }

  var range: Range<Int>
  var isNegative: Bool
  var form: Form

  /// Whether it is an integer outside -2⁶³ ..< 2⁶⁴.
  var isLargeInteger: Bool {
    guard case .integer(let magnitude) = form else { return false }
    guard let magnitude else { return true }
    return isNegative && magnitude > Int64.min.magnitude
  }
}

extension JSONReader {
  /// Reads a non-negative integer: digits only, no sign, fraction or exponent.
  public mutating func unsigned() throws(JSONFailure) -> UInt64 {
    try require(.number)
    let token = try scanNumber()
    guard case .integer(let magnitude) = token.form, !token.isNegative else {
      throw unexpected("a non-negative integer", found: excerpt(token.range))
    }
    guard let magnitude else { throw outOfRange("an integer of 64 bits", token) }
    finishValue(at: token.range.upperBound)
    return magnitude
  }

  /// Reads any number: an integer exactly, another one as the nearest double.
  ///
  /// - Throws: ``JSONFailure`` of kind `.unexpectedValue` for an integer outside
  ///   -2⁶³ ..< 2⁶⁴ and for a number that no finite double is near to.
  /// - Complexity: O(*n*) in the number's characters.
  public mutating func number() throws(JSONFailure) -> JSONNumber {
    try require(.number)
    let token = try scanNumber()
    let value = try value(of: token)
    finishValue(at: token.range.upperBound)
    return value
  }

  private func value(of token: NumberToken) throws(JSONFailure) -> JSONNumber {
    switch token.form {
    case .integer(let magnitude?) where !token.isLargeInteger:
      return token.isNegative
        ? .negative(Int64(truncatingIfNeeded: 0 &- magnitude)) : .unsigned(magnitude)
    case .integer: throw outOfRange("an integer of 64 bits", token)
    case .nonFinite(let value): return .double(value)
    case .decimal:
      let text = try text(of: StringToken(range: token.range, hasEscapes: false, isASCII: true))
      guard let value = Double(text), value.isFinite else { throw outOfRange("a double", token) }
      return .double(value)
    }
  }

  private func outOfRange(_ what: String, _ token: NumberToken) -> JSONFailure {
    unexpected("a number that fits \(what)", found: excerpt(token.range))
  }

  /// Checks the grammar of the number at the offset.
  ///
  /// - Complexity: O(*n*) in the number's characters, in constant memory.
  func scanNumber() throws(JSONFailure) -> NumberToken {
    var position = offset
    let isNegative = bytes[position] == UInt8(ascii: "-")
    if isNegative { position += 1 }
    if allowsNonFinite, let token = nonFinite(at: position, isNegative: isNegative) { return token }

    let start = position
    var magnitude: UInt64? = 0
    while let digit = digit(at: position) {
      magnitude = magnitude.flatMap { Self.appending(digit, to: $0) }
      position += 1
    }
    guard position > start else { throw expected("a digit", at: position) }
    guard position == start + 1 || bytes[start] != UInt8(ascii: "0") else {
      throw JSONFailure(.syntax, at: start, "a number must not begin with a zero and a digit")
    }
    var form = NumberToken.Form.integer(magnitude)
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      position = try endOfDigits(from: position + 1)
      form = .decimal
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      position += 1
      if position < bytes.count,
        bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-")
      {
        position += 1
      }
      position = try endOfDigits(from: position)
      form = .decimal
    }
    return NumberToken(range: offset..<position, isNegative: isNegative, form: form)
  }

  /// The end of a run of digits, which must have one.
  private func endOfDigits(from start: Int) throws(JSONFailure) -> Int {
    var position = start
    while digit(at: position) != nil { position += 1 }
    guard position > start else { throw expected("a digit", at: position) }
    return position
  }

  private func digit(at position: Int) -> UInt64? {
    guard position < bytes.count else { return nil }
    let value = bytes[position] &- UInt8(ascii: "0")
    return value < 10 ? UInt64(value) : nil
  }

  private static func appending(_ digit: UInt64, to value: UInt64) -> UInt64? {
    let (product, productOverflows) = value.multipliedReportingOverflow(by: 10)
    let (sum, sumOverflows) = product.addingReportingOverflow(digit)
    return productOverflows || sumOverflows ? nil : sum
  }

  private func nonFinite(at position: Int, isNegative: Bool) -> NumberToken? {
    if matches("Infinity", at: position) {
      return NumberToken(
        range: offset..<position + 8, isNegative: isNegative,
        form: .nonFinite(isNegative ? -.infinity : .infinity))
    }
    guard !isNegative, matches("NaN", at: position) else { return nil }
    return NumberToken(range: offset..<position + 3, isNegative: false, form: .nonFinite(.nan))
  }
}
