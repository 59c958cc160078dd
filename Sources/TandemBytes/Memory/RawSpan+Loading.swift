public import Glibc

extension RawSpan {
  /// Loads a little-endian integer at any offset.
  ///
  /// - Precondition: the integer lies inside the span.
  @inlinable
  public func littleEndian<T: FixedWidthInteger & BitwiseCopyable>(
    _ type: T.Type = T.self, at offset: Int
  ) -> T {
    precondition(
      offset >= 0 && offset <= byteCount - MemoryLayout<T>.size, "littleEndian: outside the span")
    // SAFETY: the integer's bytes lie inside the span (line above); every bit pattern is a valid
    // integer.
    return unsafe T(littleEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: T.self))
  }

  /// The byte at an offset.
  ///
  /// - Precondition: the offset lies inside the span.
  @inlinable
  public func byte(at offset: Int) -> UInt8 { littleEndian(UInt8.self, at: offset) }

  /// The bytes as a copied array.
  public var array: [UInt8] {
    // SAFETY: the buffer is copied before the closure returns.
    unsafe withUnsafeBytes { unsafe Array($0) }
  }

  /// The bytes as text, or nil if they are not valid UTF-8.
  ///
  /// - Complexity: O(*n*) in the number of bytes.
  public var utf8Text: String? {
    // SAFETY: the buffer is read and copied before the closure returns.
    unsafe withUnsafeBytes { unsafe String(validating: $0, as: UTF8.self) }
  }

  /// The bytes as text; ill-formed parts become U+FFFD.
  public var lossyText: String {
    // SAFETY: as above.
    unsafe withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
  }

  /// Tells whether two spans hold the same bytes.
  ///
  /// - Complexity: O(*n*) in the number of bytes, at memory speed.
  @inlinable
  public func equals(_ other: RawSpan) -> Bool {
    compare(other) == 0
  }

  /// Compares byte by byte, the shorter one first if it is a prefix: negative, zero or positive.
  @inlinable
  public func compare(_ other: RawSpan) -> Int {
    let common = Swift.min(byteCount, other.byteCount)
    // SAFETY: both buffers hold at least `common` bytes and live through the closure.
    let order = unsafe withUnsafeBytes { left in
      unsafe other.withUnsafeBytes { right in
        guard common > 0, let a = left.baseAddress, let b = right.baseAddress else {
          return CInt(0)
        }
        return unsafe memcmp(a, b, common)
      }
    }
    return order != 0 ? Int(order) : byteCount - other.byteCount
  }

  /// Tells whether the span begins with these bytes.
  public func starts(with prefix: [UInt8]) -> Bool {
    byteCount >= prefix.count && extracting(0..<prefix.count).equals(prefix.rawSpan)
  }

  /// Tells whether every byte is zero.
  ///
  /// - Complexity: O(*n*), at memory speed.
  public var isZero: Bool {
    let words = byteCount / 8
    var offset = 0
    // SAFETY: each load ends at most at words * 8 <= byteCount.
    while offset < words * 8 {
      let stop = Swift.min(offset + 4096, words * 8)
      var bits: UInt64 = 0
      while offset < stop {
        unsafe bits |= unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
        offset += 8
      }
      if bits != 0 { return false }
    }
    while offset < byteCount {
      if byte(at: offset) != 0 { return false }
      offset += 1
    }
    return true
  }
}

extension RawSpan {
  /// The sum of the 64-bit words, a last part of one left out: a reason to read every byte, at
  /// memory speed.
  public var sumOfWords: UInt64 {
    var sum: UInt64 = 0
    var offset = 0
    while offset <= byteCount - 8 {
      // SAFETY: the load ends inside the span (line above).
      unsafe sum &+= unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
      offset += 8
    }
    return sum
  }
}

extension Array where Element: BitwiseCopyable {
  /// The elements' bytes.
  public var rawSpan: RawSpan {
    @_lifetime(borrow self)
    get {
      // SAFETY: only used with element types without padding: bytes, integers and floats.
      unsafe span.bytes
    }
  }

  /// The elements' bytes, to be written.
  public var mutableRawSpan: MutableRawSpan {
    @_lifetime(&self)
    mutating get {
      // SAFETY: as above; every bit pattern is a valid element, and the bytes stay the array's own
      // for as long as it is borrowed.
      let bytes = unsafe withUnsafeMutableBytes { unsafe $0 }
      return unsafe _overrideLifetime(MutableRawSpan(_unsafeBytes: bytes), mutating: &self)
    }
  }
}

extension Array<UInt8> {
  /// Appends the bytes of a little-endian integer.
  public mutating func append(littleEndian value: some FixedWidthInteger) {
    var value = value.littleEndian
    // SAFETY: the bytes of an integer are copied before the closure returns.
    unsafe Swift.withUnsafeBytes(of: &value) { unsafe append(contentsOf: $0) }
  }

  /// Appends a copy of a span.
  public mutating func append(_ span: RawSpan) {
    // SAFETY: the buffer is copied before the closure returns.
    unsafe span.withUnsafeBytes { unsafe append(contentsOf: $0) }
  }
}

extension RawSpan {
  /// Whether every byte is an ASCII character other than NUL.
  ///
  /// - Complexity: O(*n*), at memory speed.
  private var isASCIIWithoutNUL: Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = ones << 7
    let words = byteCount / 8
    var found: UInt64 = 0
    var index = 0
    while index < words {
      let word = littleEndian(UInt64.self, at: index * 8)
      // A byte below 1 borrows into its high bit; bytes with a high bit are found by the second
      // term.
      found |= ((word &- ones) & ~word & highs) | (word & highs)
      index += 1
    }
    if found != 0 { return false }
    for offset in words * 8..<byteCount where !(1...127 ~= byte(at: offset)) { return false }
    return true
  }

  /// Whether the bytes are valid UTF-8.
  ///
  /// - Complexity: O(*n*).
  public var isWellFormed: Bool {
    let bytes = Span<UInt8>(_bytes: self)
    return (try? UTF8Span(validating: bytes)) != nil
  }

  /// The place of the first byte that is no part of valid UTF-8; nil if the bytes are.
  ///
  /// - Complexity: O(*n*).
  public var malformedOffset: Int? {
    do throws(UTF8.ValidationError) {
      _ = try UTF8Span(validating: Span<UInt8>(_bytes: self))
      return nil
    } catch {
      return error.byteOffsets.lowerBound
    }
  }

  /// Whether the bytes are valid UTF-8 and none of them is zero.
  public var isUTF8WithoutNUL: Bool {
    if isASCIIWithoutNUL { return true }
    let bytes = Span<UInt8>(_bytes: self)
    guard (try? UTF8Span(validating: bytes)) != nil else { return false }
    return !bytes.indices.contains { bytes[$0] == 0 }
  }
}
