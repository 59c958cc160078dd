import CZlib

/// Decompresses one raw deflate stream (RFC 1951) piece by piece, so that its size never matters.
@safe public struct Inflater: ~Copyable {
  /// Why a stream cannot be decompressed.
  public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The library's word for what it found.
    case damaged(String)
    /// The input ends before the stream does, or the stream before its plain size.
    case truncated(plainByteCount: Int)
    /// The stream goes on behind its plain size.
    case excess
    /// The stream ends before the input does.
    case trailingBytes(Int)

    public var description: String {
      switch self {
      case .damaged(let what): "the deflate stream is damaged (\(what))"
      case .truncated(let count): "the deflate stream ends after \(count) plain bytes"
      case .excess: "the deflate stream holds more plain bytes"
      case .trailingBytes(let count): "\(count) bytes follow the deflate stream"
      }
    }
  }

  /// The most that deflate can shrink bytes (RFC 1951: 258 bytes in two bits), with room for the
  /// stream's ends.
  public static func largestPlainByteCount(ofStored byteCount: Int) -> Int {
    let (product, overflow) = byteCount.multipliedReportingOverflow(by: 1032)
    return overflow ? .max : product
  }

  /// zlib takes 32-bit counts.
  private static let pieceByteCount = 1 << 30

  // SAFETY: allocated in init, owned by this value alone, freed in deinit; zlib requires that it
  // does not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private let plainByteCount: Int
  private var consumedByteCount = 0
  private var producedByteCount = 0
  private var hasEnded = false

  /// - Parameter plainByteCount: The exact number of plain bytes, known from elsewhere.
  public init(plainByteCount: Int) {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    let status = unsafe czlib_inflate_raw_init(stream)
    precondition(status == Z_OK, "Inflater: no memory")
    self.plainByteCount = plainByteCount
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// The number of plain bytes that have not been given out.
  public var remaining: Int { plainByteCount - producedByteCount }

  /// Gives out the next plain bytes; none at the end.
  ///
  /// - Parameters:
  ///   - input: The whole compressed stream, the same at each call.
  ///   - limit: How many bytes at most.
  /// - Throws: ``Failure`` if the stream does not hold exactly the plain bytes that it should.
  public mutating func next(
    from input: RawSpan, atMost limit: Int
  ) throws(Failure) -> [UInt8] {
    let wanted = min(limit, remaining)
    var status = Z_OK
    // SAFETY: zlib gets input and output with their sizes and uses them only within the closures.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: wanted) { output, count in
      count = 0
      while count < wanted, status == Z_OK {
        unsafe count += step(input, UnsafeMutableRawBufferPointer(output), from: count, &status)
      }
    }
    producedByteCount += bytes.count
    if status == Z_STREAM_END { hasEnded = true }
    guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
      throw .damaged(message)
    }
    guard bytes.count == wanted else { throw .truncated(plainByteCount: producedByteCount) }
    if remaining == 0 { try checkEnd(input) }
    return bytes
  }

  /// The stream must end with its plain bytes, and the input with the stream.
  private mutating func checkEnd(_ input: RawSpan) throws(Failure) {
    if !hasEnded {
      var status = Z_OK
      // SAFETY: as above; one byte of room shows whether there is another.
      let more = unsafe [UInt8](unsafeUninitializedCapacity: 1) { output, count in
        count = unsafe step(input, UnsafeMutableRawBufferPointer(output), from: 0, &status)
      }
      guard more.isEmpty else { throw .excess }
      guard status == Z_STREAM_END else { throw .truncated(plainByteCount: producedByteCount) }
      hasEnded = true
    }
    let rest = input.byteCount - consumedByteCount
    guard rest == 0 else { throw .trailingBytes(rest) }
  }

  /// Calls zlib once and returns how many bytes it wrote behind `start`.
  @unsafe private mutating func step(
    _ input: RawSpan, _ output: UnsafeMutableRawBufferPointer, from start: Int, _ status: inout CInt
  ) -> Int {
    let rest = input.extracting(
      consumedByteCount..<min(input.byteCount, consumedByteCount + Self.pieceByteCount))
    let room = min(output.count - start, Self.pieceByteCount)
    return unsafe rest.withUnsafeBytes { source in
      unsafe stream.pointee.next_in = UnsafeMutablePointer(
        mutating: source.bindMemory(to: UInt8.self).baseAddress)
      unsafe stream.pointee.avail_in = UInt32(source.count)
      unsafe stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress?
        .advanced(by: start)
      unsafe stream.pointee.avail_out = UInt32(room)
      status = unsafe inflate(stream, Z_NO_FLUSH)
      unsafe consumedByteCount += source.count - Int(stream.pointee.avail_in)
      return unsafe room - Int(stream.pointee.avail_out)
    }
  }

  private var message: String {
    guard let text = unsafe stream.pointee.msg else { return "invalid data" }
    return unsafe String(cString: text)
  }
}
