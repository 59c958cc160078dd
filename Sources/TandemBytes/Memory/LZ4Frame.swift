import CLZ4

/// LZ4 frames as the bundle allows them: content size and checksum present, independent blocks, no
/// dictionary, nothing after the end mark (`schemas/bundle.md`, section 4.4).
public enum LZ4Frame {
  /// What is wrong with a frame.
  public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Not the four bytes `04 22 4D 18`, or a flag that a bundle does not allow.
    case header(String)
    /// The frame says another plain size than the directory.
    case contentByteCount(found: UInt64, expected: Int)
    /// The library's name of what it found.
    case damaged(String)
    /// The input ends before the frame does.
    case truncated
    /// Bytes follow the frame.
    case trailingBytes(Int)

    public var description: String {
      switch self {
      case .header(let what): "the LZ4 frame header \(what)"
      case .contentByteCount(let found, let expected):
        "the LZ4 frame holds \(found) plain bytes, the directory says \(expected)"
      case .damaged(let what): "the LZ4 frame is damaged (\(what))"
      case .truncated: "the LZ4 frame is cut off"
      case .trailingBytes(let count): "\(count) bytes follow the LZ4 frame"
      }
    }
  }

  /// Compresses bytes into one frame; the same bytes always give the same frame.
  ///
  /// - Complexity: O(*n*) time; memory for the whole frame.
  public static func compress(_ bytes: RawSpan) -> [UInt8] {
    var preferences = LZ4F_preferences_t()
    preferences.frameInfo.blockSizeID = LZ4F_max4MB
    preferences.frameInfo.blockMode = LZ4F_blockIndependent
    preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled
    preferences.frameInfo.contentSize = UInt64(bytes.byteCount)
    let bound = unsafe LZ4F_compressFrameBound(bytes.byteCount, &preferences)
    // SAFETY: the output buffer has the bound's size; the input is read before the closures return.
    return unsafe [UInt8](unsafeUninitializedCapacity: bound) { output, count in
      count = unsafe bytes.withUnsafeBytes { input in
        unsafe LZ4F_compressFrame(
          output.baseAddress, bound, input.baseAddress, input.count, &preferences)
      }
      precondition(LZ4F_isError(count) == 0, "LZ4Frame: the bound is too small")
    }
  }

  /// Gives back the plain bytes of one frame.
  ///
  /// - Parameter byteCount: The exact number of plain bytes, known from elsewhere; nothing larger
  ///   is allocated.
  /// - Complexity: O(*n*).
  public static func decompress(_ frame: RawSpan, byteCount: Int) throws(Failure) -> [UInt8] {
    try checkHeader(frame, byteCount: byteCount)
    var consumed = 0
    var hint = 1
    var produced = byteCount
    // SAFETY: source and destination are passed with their sizes, which LZ4F_decompress updates to
    // what it used.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { output, count in
      var context: OpaquePointer?
      _ = unsafe LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
      consumed = frame.byteCount
      hint = unsafe frame.withUnsafeBytes { input in
        unsafe LZ4F_decompress(
          context, output.baseAddress, &produced, input.baseAddress, &consumed, nil)
      }
      unsafe LZ4F_freeDecompressionContext(context)
      count = LZ4F_isError(hint) == 0 ? produced : 0
    }
    if LZ4F_isError(hint) != 0 {
      throw .damaged(unsafe String(cString: LZ4F_getErrorName(hint)))
    }
    // A truncated frame is no error to the library: it asks for more instead.
    guard hint == 0, produced == byteCount else { throw .truncated }
    guard consumed == frame.byteCount else { throw .trailingBytes(frame.byteCount - consumed) }
    return bytes
  }

  /// Checks a frame as ``decompress(_:byteCount:)`` does, and keeps nothing of it.
  ///
  /// - Complexity: O(*n*) time; memory for a few of the frame's blocks of at most 4 MiB.
  public static func check(_ frame: RawSpan, byteCount: Int) throws(Failure) {
    try checkHeader(frame, byteCount: byteCount)
    var context: OpaquePointer?
    _ = unsafe LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
    defer { unsafe _ = LZ4F_freeDecompressionContext(context) }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var (position, total, hint) = (0, 0, 1)
    while hint != 0 {
      var consumed = frame.byteCount - position
      var produced = buffer.count
      // SAFETY: source and destination are passed with their sizes, which LZ4F_decompress updates
      // to what it used.
      hint = unsafe buffer.withUnsafeMutableBytes { output in
        unsafe frame.extracting(position..<frame.byteCount).withUnsafeBytes { input in
          unsafe LZ4F_decompress(
            context, output.baseAddress, &produced, input.baseAddress, &consumed, nil)
        }
      }
      if LZ4F_isError(hint) != 0 {
        throw .damaged(unsafe String(cString: LZ4F_getErrorName(hint)))
      }
      position += consumed
      total += produced
      if hint != 0, consumed == 0, produced == 0 { throw .truncated }
    }
    guard total == byteCount else { throw .truncated }
    guard position == frame.byteCount else { throw .trailingBytes(frame.byteCount - position) }
  }

  /// Checks the 15 bytes: magic, FLG, BD, content size, header checksum. The library checks the
  /// checksum.
  private static func checkHeader(_ frame: RawSpan, byteCount: Int) throws(Failure) {
    guard frame.byteCount >= 15 else { throw .truncated }
    guard frame.littleEndian(UInt32.self, at: 0) == 0x184D_2204 else {
      throw .header("does not start with 04 22 4D 18")
    }
    // Version 01, independent blocks, no block checksum, content size, content checksum, no
    // dictionary.
    guard frame.byte(at: 4) == 0b0110_1100 else {
      throw .header(
        "has the flags 0x\(String(frame.byte(at: 4), radix: 16)); a bundle allows only 0x6c")
    }
    let content = frame.littleEndian(UInt64.self, at: 6)
    guard content == UInt64(byteCount) else {
      throw .contentByteCount(found: content, expected: byteCount)
    }
  }
}
