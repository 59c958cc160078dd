import TandemBytes

/// Values by what they mean, each with the type that llama.cpp's files have for it.
extension GGUFPairs {
  /// Gives a key a number that is not negative: uint32, or uint64 if it is beyond that.
  public mutating func set(_ key: String, count: Int) {
    if let count = UInt32(exactly: count) { return set(key, count) }
    set(key, .uint64, Self.bytes(UInt64(count)))
  }

  /// Gives a key a number as binary32.
  public mutating func set(_ key: String, number: Float) {
    set(key, .float32, Self.bytes(number.bitPattern))
  }

  public mutating func set(_ key: String, flag: Bool) { set(key, .bool, [flag ? 1 : 0]) }

  /// Gives a key a list of truth values.
  public mutating func set(_ key: String, flags: [Bool]) {
    set(key, .bool, count: flags.count, flags.map { $0 ? 1 : 0 })
  }

  /// Gives a key a list of int32.
  public mutating func set(_ key: String, integers: [Int32]) {
    set(key, .int32, count: integers.count, integers.flatMap { Self.bytes($0) })
  }

  /// Gives a key a list of float32.
  public mutating func set(_ key: String, numbers: [Float]) {
    set(key, .float32, count: numbers.count, numbers.flatMap { Self.bytes($0.bitPattern) })
  }

  /// Gives a key a list.
  ///
  /// - Parameter elements: The elements as the file has them, one after the other.
  public mutating func set(
    _ key: String, _ type: GGUFValueType, count: Int, _ elements: [UInt8]
  ) {
    set(key, .array, Self.bytes(type.rawValue) + Self.bytes(UInt64(count)) + elements)
  }

  private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: value)
    return bytes
  }
}
