internal import TandemBytes

extension GGUFMetadata {
  /// The pair with a key, which is told by its bytes.
  public func entry(_ key: String) -> Entry? {
    indices[ExactText(key)].map { entries[$0] }
  }

  /// The value of a key.
  public subscript(_ key: String) -> GGUFValue? { entry(key)?.value }

  /// The value of a key, if it is an integer that is not negative, of whatever type.
  public func unsigned(_ key: String) -> UInt64? {
    switch self[key] {
    case .unsigned(let value): value
    case .signed(let value): UInt64(exactly: value)
    default: nil
    }
  }

  /// The value of a key, if it is an integer that fits, of whatever type.
  public func int(_ key: String) -> Int? {
    switch self[key] {
    case .unsigned(let value): Int(exactly: value)
    case .signed(let value): Int(value)
    default: nil
    }
  }

  /// The value of a key, if it is a number; an integer only if it is exact as a double.
  public func double(_ key: String) -> Double? {
    switch self[key] {
    case .float(let value): value
    case .unsigned(let value): Double(exactly: value)
    case .signed(let value): Double(exactly: value)
    default: nil
    }
  }

  /// The value of a key, if it is a string.
  public func string(_ key: String) -> String? {
    if case .string(let value) = self[key] { value } else { nil }
  }

  /// The value of a key, if it is a bool.
  public func bool(_ key: String) -> Bool? {
    if case .bool(let value) = self[key] { value } else { nil }
  }

  /// The value of a key, if it is an array.
  public func array(_ key: String) -> GGUFArray? {
    if case .array(let value) = self[key] { value } else { nil }
  }
}

extension GGUFMetadata {
  /// Passes the bytes of each string of an array, which may be other than UTF-8.
  ///
  /// - Parameter array: An array of this metadata.
  /// - Returns: Whether the elements are strings; if not, nothing is passed.
  /// - Complexity: O(*n*) in the number of elements.
  @discardableResult
  public func forEachString<Failure: Error>(
    _ array: GGUFArray, _ body: (RawSpan) throws(Failure) -> Void
  ) throws(Failure) -> Bool {
    guard array.elementType == .string else { return false }
    let bytes = file.bytes.extracting(array.byteRange)
    var offset = 0
    for _ in 0..<array.count {
      let end = offset + 8 + bytes.littleEndian(Int.self, at: offset)
      try body(bytes.extracting(offset + 8..<end))
      offset = end
    }
    return true
  }

  /// The elements of an array of integers, nil if they are others or one is negative.
  ///
  /// - Complexity: O(*n*) in the number of elements.
  public func unsignedElements(of array: GGUFArray) -> [UInt64]? { integers(array) }

  /// The elements of an array of integers, nil if they are others or one is beyond Int64.
  ///
  /// - Complexity: O(*n*) in the number of elements.
  public func signedElements(of array: GGUFArray) -> [Int64]? { integers(array) }

  /// The elements of an array of float32 or float64, nil if they are others.
  ///
  /// - Complexity: O(*n*) in the number of elements.
  public func doubleElements(of array: GGUFArray) -> [Double]? {
    switch array.elementType {
    case .float32: elements(array) { (bits: UInt32) in Double(Float(bitPattern: bits)) }
    case .float64: elements(array) { (bits: UInt64) in Double(bitPattern: bits) }
    default: nil
    }
  }

  /// The elements of an array of bools, nil if they are others.
  ///
  /// - Complexity: O(*n*) in the number of elements.
  public func boolElements(of array: GGUFArray) -> [Bool]? {
    array.elementType == .bool ? elements(array) { (byte: UInt8) in byte == 1 } : nil
  }

  private func integers<Value: FixedWidthInteger>(_ array: GGUFArray) -> [Value]? {
    switch array.elementType {
    case .uint8: elements(array) { (value: UInt8) in Value(exactly: value) }
    case .int8: elements(array) { (value: Int8) in Value(exactly: value) }
    case .uint16: elements(array) { (value: UInt16) in Value(exactly: value) }
    case .int16: elements(array) { (value: Int16) in Value(exactly: value) }
    case .uint32: elements(array) { (value: UInt32) in Value(exactly: value) }
    case .int32: elements(array) { (value: Int32) in Value(exactly: value) }
    case .uint64: elements(array) { (value: UInt64) in Value(exactly: value) }
    case .int64: elements(array) { (value: Int64) in Value(exactly: value) }
    case .float32, .float64, .bool, .string, .array: nil
    }
  }

  /// The converted elements, nil if one has no counterpart.
  private func elements<Stored: FixedWidthInteger & BitwiseCopyable, Value>(
    _ array: GGUFArray, _ convert: (Stored) -> Value?
  ) -> [Value]? {
    let bytes = file.bytes.extracting(array.byteRange)
    var values: [Value] = []
    values.reserveCapacity(array.count)
    for index in 0..<array.count {
      let stored = bytes.littleEndian(Stored.self, at: index * MemoryLayout<Stored>.size)
      guard let value = convert(stored) else { return nil }
      values.append(value)
    }
    return values
  }
}
