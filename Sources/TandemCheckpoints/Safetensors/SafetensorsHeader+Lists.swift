import TandemBytes
import TandemJSON
import TandemTensors

extension SafetensorsHeader {
  /// Reads the dimensions of a tensor.
  ///
  /// - Returns: nil if they are no list of non-negative integers, or too many.
  mutating func readShape(
    of name: String, _ json: inout JSONReader
  ) throws(JSONFailure) -> SafetensorsShape? {
    let offset = try beginList("shape", of: name, .badShape, &json)
    guard let offset else { return nil }
    var dimensions: [Int] = []
    var rank = 0
    var tooLarge: UInt64?
    var isGood = true
    while try json.nextElement() {
      rank += 1
      guard isGood, rank <= Self.rankLimit else {
        try json.skipValue()
        continue
      }
      guard let dimension = try readInteger("shape", of: name, .badShape, &json) else {
        isGood = false
        continue
      }
      if let dimension = Int(exactly: dimension) {
        dimensions.append(dimension)
      } else {
        tooLarge = dimension
      }
    }
    if isGood && rank > Self.rankLimit {
      report(
        .badShape, name, at: offset,
        "the shape has \(rank) dimensions, at most \(Self.rankLimit) are allowed")
      isGood = false
    }
    guard isGood else { return nil }
    return tooLarge.map { .tooLarge(dimension: $0) } ?? .fits(Shape(dimensions))
  }

  /// Reads the place of a tensor's bytes.
  ///
  /// - Returns: nil if it is no list of two non-negative integers in ascending order.
  mutating func readOffsets(
    of name: String, _ json: inout JSONReader
  ) throws(JSONFailure) -> (begin: UInt64, end: UInt64)? {
    let offset = try beginList("data_offsets", of: name, .badOffsets, &json)
    guard let offset else { return nil }
    var begin: UInt64 = 0
    var end: UInt64 = 0
    var count = 0
    var isGood = true
    while try json.nextElement() {
      count += 1
      guard isGood, count <= 2 else {
        try json.skipValue()
        continue
      }
      guard let value = try readInteger("data_offsets", of: name, .badOffsets, &json) else {
        isGood = false
        continue
      }
      begin = end
      end = value
    }
    guard isGood else { return nil }
    guard count == 2 else {
      report(
        .badOffsets, name, at: offset, "data_offsets are \(count) numbers, two are expected")
      return nil
    }
    guard begin <= end else {
      report(
        .badOffsets, name, at: offset, "data_offsets end at \(end), before they begin at \(begin)")
      return nil
    }
    return (begin, end)
  }

  /// Moves into a list and returns its offset; over another value, which is reported.
  private mutating func beginList(
    _ field: StaticString, of name: String, _ rule: SafetensorsRule, _ json: inout JSONReader
  ) throws(JSONFailure) -> Int? {
    let kind = try json.peek()
    let offset = json.offset
    guard kind == .array else {
      try json.skipValue()
      report(
        rule, name, at: offset, "\(field) is \(kind), a list of non-negative integers is expected")
      return nil
    }
    try json.beginArray()
    return offset
  }

  /// Reads a non-negative integer; moves over another value, which is reported.
  private mutating func readInteger(
    _ field: StaticString, of name: String, _ rule: SafetensorsRule, _ json: inout JSONReader
  ) throws(JSONFailure) -> UInt64? {
    do throws(JSONFailure) {
      return try json.unsigned()
    } catch {
      guard error.kind == .unexpectedValue else { throw error }
      let kind = try json.peek()
      let message =
        kind == .number ? error.message : "a non-negative integer is expected, found \(kind)"
      let isInexact = try isInexactNumber(&json)
      report(isInexact ? .notJSON : rule, name, at: error.offset, "in \(field) \(message)")
      return nil
    }
  }

  /// Moves over a value that is no non-negative integer; tells whether it is a number that is no
  /// 64-bit integer at all, such as `2.0`, `2e0`, `-0` or 2^64.
  private func isInexactNumber(_ json: inout JSONReader) throws(JSONFailure) -> Bool {
    guard try json.peek() == .number else {
      try json.skipValue()
      return false
    }
    do throws(JSONFailure) {
      if case .negative(let value) = try json.number() { return value == 0 }
      return true
    } catch {
      guard error.kind == .unexpectedValue else { throw error }
      try json.skipValue()
      return true
    }
  }
}
