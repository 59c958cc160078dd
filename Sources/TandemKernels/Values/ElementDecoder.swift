import TandemTensors
import TandemBytes

/// Reads single elements of the plain floating-point types: the slow and obvious way.
struct ElementDecoder {
  private let type: ElementType
  private let table: [Float]
  /// The bytes of an element.
  let stride: Int

  /// - Returns: nil for types whose elements are integers, share scales or are smaller than a byte.
  init?(_ type: ElementType) {
    switch type {
    case .f16, .bf16, .f32, .f64: table = []
    // A complex number counts as its two parts.
    case .c64: table = []
    case .f8_e4m3: table = SmallFloat.e4m3.table
    case .f8_e5m2: table = SmallFloat.e5m2.table
    case .f8_e4m3fnuz: table = SmallFloat.e4m3fnuz.table
    case .f8_e5m2fnuz: table = SmallFloat.e5m2fnuz.table
    case .f8_e8m0: table = SmallFloat.e8m0.table
    default: return nil
    }
    self.type = type == .c64 ? .f32 : type
    stride = self.type.block.byteCount
  }

  /// The element at a byte offset.
  func value(_ bytes: RawSpan, at offset: Int) -> Double {
    switch type {
    case .f64: Double(bitPattern: bytes.littleEndian(at: offset))
    case .f32: Double(Float(bitPattern: bytes.littleEndian(at: offset)))
    case .bf16: Double(Float(bitPattern: UInt32(bytes.littleEndian(UInt16.self, at: offset)) << 16))
    case .f16: Double(floatOfHalf(bytes.littleEndian(at: offset)))
    default: Double(table[Int(bytes.byte(at: offset))])
    }
  }

  /// Decodes as many elements as there is room for, rounded to binary32.
  func decode(_ bytes: RawSpan, at offset: Int, into output: inout [Float]) {
    switch type {
    case .f32: fill(&output) { Float(bitPattern: bytes.littleEndian(at: offset + 4 * $0)) }
    case .bf16:
      fill(&output) {
        Float(bitPattern: UInt32(bytes.littleEndian(UInt16.self, at: offset + 2 * $0)) << 16)
      }
    case .f16: fill(&output) { floatOfHalf(bytes.littleEndian(at: offset + 2 * $0)) }
    default: fill(&output) { Float(value(bytes, at: offset + stride * $0)) }
    }
  }

  @inline(__always)
  private func fill(_ output: inout [Float], _ element: (Int) -> Float) {
    for index in output.indices { output[index] = element(index) }
  }

  /// The statistics of all elements, one after the other.
  func statistics(of bytes: RawSpan) -> ValueStatistics {
    var statistics = ValueStatistics()
    var offset = 0
    while offset < bytes.byteCount {
      statistics.add(value(bytes, at: offset))
      offset += stride
    }
    return statistics
  }

  /// The statistics of a one-byte type, by counting how often each code occurs.
  func statisticsOfCodes(_ bytes: RawSpan) -> ValueStatistics {
    // Eight tables, so that a run of equal codes does not wait for its own last increment.
    var counts = [Int](repeating: 0, count: 8 * 256)
    let wordCount = bytes.byteCount / 8
    for index in 0..<wordCount {
      let word = bytes.littleEndian(UInt64.self, at: 8 * index)
      for lane in 0..<8 {
        counts[lane << 8 | Int(truncatingIfNeeded: word >> (8 * lane)) & 0xFF] += 1
      }
    }
    for offset in 8 * wordCount..<bytes.byteCount { counts[Int(bytes.byte(at: offset))] += 1 }
    var statistics = ValueStatistics()
    for code in 0..<256 {
      let times = (0..<8).reduce(0) { $0 + counts[$1 << 8 | code] }
      statistics.add(Double(table[code]), times: times)
    }
    return statistics
  }
}
