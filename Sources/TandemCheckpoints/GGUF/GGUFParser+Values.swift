internal import TandemBytes

extension GGUFParser {
  /// Reads the type of a value or of an array's elements.
  mutating func valueType(_ what: String, of key: String) throws(Finding) -> GGUFValueType {
    let start = cursor.offset
    let number = try next(UInt32.self, what, of: key)
    if let type = GGUFValueType(rawValue: number) { return type }
    throw finding(.valueType, key, at: start, "\(what) is \(number), 0 to 12 are allowed")
  }

  /// Reads a value.
  mutating func value(_ type: GGUFValueType, of key: String) throws(Finding) -> GGUFValue {
    switch type {
    case .uint8: .unsigned(UInt64(try scalar(UInt8.self, of: key)))
    case .int8: .signed(Int64(try scalar(Int8.self, of: key)))
    case .uint16: .unsigned(UInt64(try scalar(UInt16.self, of: key)))
    case .int16: .signed(Int64(try scalar(Int16.self, of: key)))
    case .uint32: .unsigned(UInt64(try scalar(UInt32.self, of: key)))
    case .int32: .signed(Int64(try scalar(Int32.self, of: key)))
    case .uint64: .unsigned(try scalar(UInt64.self, of: key))
    case .int64: .signed(try scalar(Int64.self, of: key))
    case .float32: .float(Double(Float(bitPattern: try scalar(UInt32.self, of: key))))
    case .float64: .float(Double(bitPattern: try scalar(UInt64.self, of: key)))
    case .bool: .bool(try bool(of: key))
    case .string: .string(try string(of: key))
    case .array: .array(try array(of: key))
    }
  }

  private mutating func scalar<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type, of key: String
  ) throws(Finding) -> Value {
    try next(type, "the value", of: key)
  }

  private mutating func bool(of key: String) throws(Finding) -> Bool {
    let start = cursor.offset
    let byte = try scalar(UInt8.self, of: key)
    if byte > 1 { report(.badBool, key, at: start, "the bool is \(byte), 0 and 1 are allowed") }
    return byte != 0
  }

  /// Reads a string value; one that is too long is passed over.
  private mutating func string(of key: String) throws(Finding) -> String {
    let start = cursor.offset
    let range = try nextString("the string", of: key)
    if range.count > Self.stringLimit {
      reportLongString("the string", range.count, of: key, at: start)
      return ""
    }
    if let text = bytes.extracting(range).utf8Text { return text }
    report(
      .notUTF8, key, at: start, "the string is not UTF-8",
      remedy: "its ill-formed parts are read as U+FFFD")
    return bytes.extracting(range).lossyText
  }

  /// Reads an array's head and walks over its elements.
  private mutating func array(of key: String) throws(Finding) -> GGUFArray {
    let start = cursor.offset
    let type = try valueType("the type of the elements", of: key)
    if type == .array {
      throw finding(
        .nestedArray, key, at: start,
        "the elements are arrays; numbers, bools and strings are allowed")
    }
    let count = try next(UInt64.self, "the number of elements", of: key)
    // A string takes at least the 8 bytes of its length.
    let elementByteCount = type.byteCount ?? 8
    guard count <= UInt64(cursor.remaining / elementByteCount) else {
      throw finding(
        .longArray, key, at: start,
        "the array has \(count) elements of type \(type), \(cursor.remaining) bytes remain",
        remedy: Self.incomplete)
    }
    if count > UInt64(Self.arrayLimit) {
      report(
        .longArray, key, at: start,
        "the array has \(count) elements, at most \(Self.arrayLimit) are allowed")
    }
    let first = cursor.offset
    if type == .string {
      try walkStrings(count: Int(count), of: key)
    } else {
      _ = cursor.skip(count * UInt64(elementByteCount))
      if type == .bool { checkBools(first..<cursor.offset, of: key) }
    }
    return GGUFArray(elementType: type, count: Int(count), byteRange: first..<cursor.offset)
  }

  /// Hops over strings from length to length: tokens may hold any bytes, so that only bounds are
  /// checked.
  private mutating func walkStrings(count: Int, of key: String) throws(Finding) {
    for index in 0..<count {
      let start = cursor.offset
      let range = try nextString("element \(index)", of: key)
      if range.count > Self.stringLimit {
        reportLongString("element \(index)", range.count, of: key, at: start)
      }
    }
  }

  /// Reports the first element that is neither 0 nor 1.
  private mutating func checkBools(_ range: Range<Int>, of key: String) {
    for offset in range where bytes.byte(at: offset) > 1 {
      let byte = bytes.byte(at: offset)
      report(
        .badBool, key, at: offset,
        "element \(offset - range.lowerBound) is \(byte), 0 and 1 are allowed")
      return
    }
  }

  private mutating func reportLongString(
    _ what: String, _ byteCount: Int, of key: String, at offset: Int
  ) {
    report(
      .longString, key, at: offset,
      "\(what) has \(byteCount) bytes, at most \(Self.stringLimit) are allowed")
  }
}
