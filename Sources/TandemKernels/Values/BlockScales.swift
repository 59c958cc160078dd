import TandemBytes
import TandemTensors

/// A scale in each block of a quantised type: where it lies and what number it is.
struct BlockScale {
  enum Format { case half, single, e8m0, e4m3 }

  let offset: Int
  let format: Format

  /// The scales of a block, as ggml lays them out; none for plain types and for IQ1_M, which
  /// spreads its scale over four words.
  static func fields(of type: ElementType) -> [BlockScale] {
    switch type {
    case .q4_0, .q5_0, .q8_0, .iq1_s, .iq2_xxs, .iq2_xs, .iq2_s, .iq3_xxs, .iq3_s, .iq4_nl, .iq4_xs,
      .q1_0, .q2_0:
      halves(0)
    case .q4_1, .q5_1, .q8_1, .q4_k, .q5_k: halves(0, 2)
    case .q2_k: halves(80, 82)
    case .q3_k: halves(108)
    case .q6_k: halves(208)
    case .tq1_0: halves(52)
    case .tq2_0: halves(64)
    case .q8_k: [BlockScale(offset: 0, format: .single)]
    case .mxfp4: [BlockScale(offset: 0, format: .e8m0)]
    case .nvfp4: (0..<4).map { BlockScale(offset: $0, format: .e4m3) }
    case .iq1_m, .bool, .u8, .i8, .u16, .i16, .u32, .i32, .u64, .i64, .f16, .bf16, .f32, .f64, .c64,
      .f8_e4m3, .f8_e5m2, .f8_e8m0, .f8_e4m3fnuz, .f8_e5m2fnuz, .f4, .f6_e2m3, .f6_e3m2:
      []
    }
  }

  private static func halves(_ offsets: Int...) -> [BlockScale] {
    offsets.map { BlockScale(offset: $0, format: .half) }
  }

  /// Adds this scale of every block.
  func scan(_ bytes: RawSpan, stride: Int, into statistics: inout ValueStatistics) {
    switch format {
    case .half:
      if let found = finiteHalves(bytes, stride) { return statistics.merge(found) }
      scan(bytes, stride, &statistics) { floatOfHalf($0.littleEndian(at: $1)) }
    case .single:
      scan(bytes, stride, &statistics) { Float(bitPattern: $0.littleEndian(at: $1)) }
    case .e8m0, .e4m3:
      let table = ElementDecoder.table(of: format == .e8m0 ? .f8_e8m0 : .f8_e4m3)
      scan(bytes, stride, &statistics) { table[Int($0.byte(at: $1))] }
    }
  }

  /// The statistics of binary16 scales, nil if one is not finite; extent is found on the bits, as
  /// in ``FloatLanes``.
  private func finiteHalves(_ bytes: RawSpan, _ stride: Int) -> ValueStatistics? {
    var statistics = ValueStatistics()
    var changes: Int16 = 0
    var (low, high) = (Int16.max, Int16.min)
    var start = offset
    while start < bytes.byteCount {
      let bits = bytes.littleEndian(Int16.self, at: start)
      changes |= (bits &+ 0x0400) ^ bits
      let key = HalfOrder.key(bits)
      low = min(low, key)
      high = max(high, key)
      let value = Double(finiteFloatOfHalf(bits))
      statistics.sum += value
      statistics.sumOfSquares += value * value
      statistics.count += 1
      start += stride
    }
    guard changes >= 0, statistics.count > 0 else { return nil }
    statistics.minimum = Double(floatOfHalf(HalfOrder.bits(low)))
    statistics.maximum = Double(floatOfHalf(HalfOrder.bits(high)))
    return statistics
  }

  @inline(__always)
  private func scan(
    _ bytes: RawSpan, _ stride: Int, _ statistics: inout ValueStatistics,
    _ value: (RawSpan, Int) -> Float
  ) {
    var start = offset
    while start < bytes.byteCount {
      statistics.add(Double(value(bytes, start)))
      start += stride
    }
  }
}
