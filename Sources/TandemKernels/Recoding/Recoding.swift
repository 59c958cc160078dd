import CTandem
public import TandemTensors

/// A conversion of tensor elements from one type to another, by way of binary32.
///
/// Plain numbers are rounded to nearest, ties to even. What is too large becomes infinite, NaN in
/// F8_E4M3 (which has no infinity) and the end of its range in integers; NaN becomes zero in
/// integers. Blocks are ggml's, byte for byte, as it makes them without an importance matrix.
public struct Recoding: Sendable {
  public let source: ElementType
  public let target: ElementType
  let level: tk_level

  /// - Returns: nil if there is no such conversion.
  public init?(from source: ElementType, to target: ElementType) {
    self.init(from: source, to: target, level: tk_best_level())
  }

  /// The same at a level that this processor has, so that tests can compare levels.
  init?(from source: ElementType, to target: ElementType, level: tk_level) {
    let loops = tk_encodings.at(level)
    // SAFETY: the loops are looked for, not called.
    guard
      unsafe source == target || source == .f32 || ExactNumber.holds(source)
        || loops.decoder(of: source) != nil,
      unsafe source == target || target == .f32 || ExactNumber.holds(target)
        || loops.encoder(of: target) != nil
    else { return nil }
    self.source = source
    self.target = target
    self.level = level
  }

  /// The elements that are in hand at a time: whole blocks of every type, and few enough for their
  /// numbers to stay in the first-level cache.
  static let pieceLength = 2048

  /// Converts whole blocks of both types.
  ///
  /// - Parameter output: Room for as many elements as `bytes` holds, no more and no less.
  /// - Returns: What was lost.
  /// - Complexity: O(*n*), on this core, with some 16 KiB of memory.
  public func convert(_ bytes: RawSpan, into output: inout MutableRawSpan) -> RecodingLoss {
    let count = bytes.byteCount / source.block.byteCount * source.block.elementCount
    precondition(
      byteCount(of: source, count) == bytes.byteCount
        && count % target.block.elementCount == 0
        && byteCount(of: target, count) == output.byteCount,
      "convert: source and output differ in elements")
    if source != target && (ExactNumber.holds(source) || ExactNumber.holds(target)) {
      return convertExactly(bytes, into: &output, count)
    }
    // SAFETY: both buffers hold `count` elements (lines above), and an exclusive output cannot
    // overlap the source.
    return unsafe bytes.withUnsafeBytes { from in
      unsafe output.withUnsafeMutableBytes { to in
        guard let from = from.baseAddress, let to = to.baseAddress else { return RecodingLoss() }
        if source == target {
          unsafe to.copyMemory(from: from, byteCount: bytes.byteCount)
          return RecodingLoss()
        }
        return unsafe convert(from, to, count)
      }
    }
  }

  func byteCount(of type: ElementType, _ elementCount: Int) -> Int {
    elementCount / type.block.elementCount * type.block.byteCount
  }

  private func convert(
    _ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, _ count: Int
  ) -> RecodingLoss {
    let loops = tk_encodings.at(level)
    // SAFETY: the loops are called below.
    let decode = unsafe loops.decoder(of: source)
    guard let encode = unsafe loops.encoder(of: target),
      let restore = unsafe loops.decoder(of: target)
    else {
      // SAFETY: both places hold `count` elements.
      unsafe decode?(from, to, count / source.block.elementCount)
      return RecodingLoss()
    }
    var loss = tk_loss()
    let pieceByteCount = MemoryLayout<Float>.stride * Self.pieceLength
    // SAFETY: each loop gets whole blocks inside `from`, `to` and the two pieces of scratch memory.
    unsafe withUnsafeTemporaryAllocation(byteCount: 2 * pieceByteCount, alignment: 64) { scratch in
      guard let numbers = scratch.baseAddress else { return }
      let restored = unsafe numbers + pieceByteCount
      for start in stride(from: 0, to: count, by: Self.pieceLength) {
        let length = min(Self.pieceLength, count - start)
        let input = unsafe from + byteCount(of: source, start)
        let output = unsafe to + byteCount(of: target, start)
        let blockCount = length / target.block.elementCount
        unsafe decode?(input, numbers, length / source.block.elementCount)
        let values = unsafe decode == nil ? input : UnsafeRawPointer(numbers)
        unsafe encode(values, output, blockCount)
        unsafe restore(output, restored, blockCount)
        unsafe loops.measure(values, restored, length, &loss)
      }
    }
    return RecodingLoss(loss)
  }
}

extension RecodingLoss {
  fileprivate init(_ loss: tk_loss) {
    overflowCount = loss.overflow_count
    underflowCount = loss.underflow_count
    nanCount = loss.nan_count
    lostNaNCount = loss.lost_nan_count
    largestAbsoluteError = Double(loss.largest_absolute_error)
    largestRelativeError = Double(loss.largest_relative_error)
  }
}
