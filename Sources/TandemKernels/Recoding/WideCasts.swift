import CTandem
import TandemTensors

/// Conversions by way of binary64, a stretch at a time: of all types that binary32 does not hold, as
/// long as binary64 holds their numbers.
@safe struct WideCasts: ~Copyable {
  private let recoding: Recoding
  // SAFETY: each is allocated by `init` for `length` numbers and freed by `deinit`.
  private let before: UnsafeMutablePointer<Double>
  private let after: UnsafeMutablePointer<Double>
  private let floats: UnsafeMutablePointer<Float>
  private var lost = tk_wide_loss()

  init(_ recoding: Recoding) {
    self.recoding = recoding
    unsafe before = .allocate(capacity: Recoding.pieceLength)
    unsafe after = .allocate(capacity: Recoding.pieceLength)
    unsafe floats = .allocate(capacity: Recoding.pieceLength)
  }

  deinit {
    unsafe before.deallocate()
    unsafe after.deallocate()
    unsafe floats.deallocate()
  }

  /// What has been lost so far.
  var loss: RecodingLoss {
    var loss = RecodingLoss()
    loss.overflowCount = lost.overflow_count
    loss.underflowCount = lost.underflow_count
    loss.nanCount = lost.nan_count
    loss.lostNaNCount = lost.lost_nan_count
    loss.largestAbsoluteError = lost.largest_absolute_error
    loss.largestRelativeError = lost.largest_relative_error
    return loss
  }

  /// Converts at most ``Recoding/pieceLength`` elements, whole blocks of both types.
  ///
  /// - Returns: Whether it was done: not if there are 64-bit integers that binary64 does not hold.
  mutating func convert(_ bytes: RawSpan, into output: inout MutableRawSpan, count: Int) -> Bool {
    precondition(count <= Recoding.pieceLength, "WideCasts: too many elements")
    guard read(bytes, count) else { return false }
    write(&output, count)
    // SAFETY: both hold `count` numbers, which `read` and `write` have filled.
    unsafe tk_wide_measure(before, after, count, &lost)
    return true
  }

  private func read(_ bytes: RawSpan, _ count: Int) -> Bool {
    if let wide = recoding.source.wide {
      // SAFETY: the caller's bytes are those of `count` elements, for which `before` has room.
      return unsafe bytes.withUnsafeBytes { from in
        guard let from = from.baseAddress else { return true }
        return unsafe tk_wide_read(wide, from, before, count)
      }
    }
    decode(bytes, recoding.source, count)
    unsafe tk_wide_from_floats(floats, before, count)
    return true
  }

  /// Reads elements of a type that binary32 holds.
  private func decode(_ bytes: RawSpan, _ type: ElementType, _ count: Int) {
    // SAFETY: `floats` has room for `count` numbers, and nobody else uses it.
    var room = unsafe MutableRawSpan(
      _unsafeStart: UnsafeMutableRawPointer(floats), byteCount: count * MemoryLayout<Float>.stride)
    _ = Recoding(from: type, to: .f32, level: recoding.level)?.convert(bytes, into: &room)
  }

  private func write(_ output: inout MutableRawSpan, _ count: Int) {
    let target = recoding.target
    if let wide = target.wide {
      // SAFETY: the caller's output has room for `count` elements, as `after` has for numbers.
      unsafe output.withUnsafeMutableBytes { to in
        guard let to = to.baseAddress else { return }
        unsafe tk_wide_write(wide, before, to, after, count)
      }
      return
    }
    // A second rounding follows, but for F32; blocks are made from the nearest numbers.
    if !target.isQuantised && target != .f32 {
      unsafe tk_wide_to_odd_floats(before, floats, count)
    } else {
      unsafe tk_wide_to_nearest_floats(before, floats, count)
    }
    // SAFETY: `count` numbers have just been written there.
    let numbers = unsafe RawSpan(
      _unsafeStart: UnsafeRawPointer(floats), byteCount: count * MemoryLayout<Float>.stride)
    _ = Recoding(from: .f32, to: target, level: recoding.level)?.convert(numbers, into: &output)
    if target != .f32 { decode(output.bytes, target, count) }
    unsafe tk_wide_from_floats(floats, after, count)
  }
}

extension ElementType {
  /// The type as the loops call it; nil if binary32 holds its numbers.
  fileprivate var wide: tk_wide_type? {
    switch self {
    case .f64: TK_WIDE_F64
    case .bool: TK_WIDE_BOOL
    case .u8: TK_WIDE_U8
    case .i8: TK_WIDE_I8
    case .u16: TK_WIDE_U16
    case .i16: TK_WIDE_I16
    case .u32: TK_WIDE_U32
    case .i32: TK_WIDE_I32
    case .u64: TK_WIDE_U64
    case .i64: TK_WIDE_I64
    default: nil
    }
  }
}
