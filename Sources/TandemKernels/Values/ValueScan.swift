import TandemBytes
public import TandemTensors

/// Scans tensor values: plain floating-point numbers, or the scales of quantised blocks.
public enum ValueScan {
  /// The bytes that ``chunks(byteCount:type:)`` gives to a core at a time.
  private static let chunkByteCount = 4 << 20
  /// The bytes whose sums are formed in binary32.
  private static let stretchByteCount = 16 << 10

  /// Whether the type's values can be scanned.
  public static func supports(_ type: ElementType) -> Bool {
    ElementDecoder(type) != nil || !BlockScale.fields(of: type).isEmpty
  }

  /// The statistics of a tensor's values; for a quantised type, of its blocks' scales.
  ///
  /// - Parameter bytes: Whole blocks of the type, at any alignment.
  /// - Returns: nil if the type has no floating-point numbers to look at.
  /// - Complexity: O(*n*), near memory speed for F32 and BF16, on all cores.
  public static func statistics(of bytes: RawSpan, type: ElementType) -> ValueStatistics? {
    guard supports(type) else { return nil }
    let chunks = chunks(byteCount: bytes.byteCount, type: type)
    let parts = concurrentMap(chunks.count) { index in
      chunkStatistics(of: bytes.extracting(chunks[index]), type: type)
    }
    return parts.reduce(into: ValueStatistics()) { $0.merge($1) }
  }

  /// The ranges that cores should take turns at; always the same for the same tensor, so that sums
  /// are too.
  public static func chunks(byteCount: Int, type: ElementType) -> [Range<Int>] {
    let block = type.block.byteCount
    let size = chunkByteCount / block * block
    return stride(from: 0, to: byteCount, by: size).map { $0..<min($0 + size, byteCount) }
  }

  /// The statistics of one chunk, on this core; of nothing, if the type cannot be scanned.
  public static func chunkStatistics(of bytes: RawSpan, type: ElementType) -> ValueStatistics {
    guard let decoder = ElementDecoder(type) else { return scaleStatistics(of: bytes, type: type) }
    if decoder.stride == 1 { return decoder.statisticsOfCodes(bytes) }
    let type = type == .c64 ? .f32 : type
    var statistics = ValueStatistics()
    var start = 0
    while start < bytes.byteCount {
      let end = min(start + stretchByteCount, bytes.byteCount)
      // The lanes take whole groups of 32 bytes; the plain loop takes the rest, and whatever they
      // refuse.
      let middle = start + (end - start) / 32 * 32
      let group = bytes.extracting(start..<middle)
      statistics.merge(
        FloatLanes.statistics(of: group, type: type) ?? decoder.statistics(of: group))
      if middle < end {
        statistics.merge(decoder.statistics(of: bytes.extracting(middle..<end)))
      }
      start = end
    }
    return statistics
  }

  private static func scaleStatistics(of bytes: RawSpan, type: ElementType) -> ValueStatistics {
    var statistics = ValueStatistics()
    for scale in BlockScale.fields(of: type) {
      scale.scan(bytes, stride: type.block.byteCount, into: &statistics)
    }
    return statistics
  }
}
