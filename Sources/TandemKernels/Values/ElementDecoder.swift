import TandemBytes
import TandemTensors

/// Reads the numbers of the plain floating-point types one after the other: the slow and obvious
/// way.
struct ElementDecoder {
  private let type: ElementType
  private let recoding: Recoding
  /// The bytes of an element.
  let stride: Int

  /// - Returns: nil for types whose elements are integers, share scales or are smaller than a byte.
  init?(_ type: ElementType) {
    switch type {
    case .f16, .bf16, .f32, .f64, .f8_e4m3, .f8_e5m2, .f8_e8m0, .f8_e4m3fnuz, .f8_e5m2fnuz:
      self.type = type
    // A complex number counts as its two parts.
    case .c64: self.type = .f32
    default: return nil
    }
    guard let recoding = Recoding(from: self.type, to: .f32) else { return nil }
    self.recoding = recoding
    stride = self.type.block.byteCount
  }

  /// Decodes as many elements as there is room for, rounded to binary32.
  func decode(_ bytes: RawSpan, at offset: Int, into output: inout [Float]) {
    let elements = bytes.extracting(offset..<offset + stride * output.count)
    var room = output.mutableRawSpan
    _ = recoding.convert(elements, into: &room)
  }

  /// The statistics of all elements, one after the other.
  func statistics(of bytes: RawSpan) -> ValueStatistics {
    var statistics = ValueStatistics()
    if type == .f64 {
      for offset in Swift.stride(from: 0, to: bytes.byteCount, by: stride) {
        statistics.add(Double(bitPattern: bytes.littleEndian(at: offset)))
      }
    } else {
      var numbers = [Float](repeating: 0, count: bytes.byteCount / stride)
      decode(bytes, at: 0, into: &numbers)
      for number in numbers { statistics.add(Double(number)) }
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
    let table = Self.table(of: type)
    var statistics = ValueStatistics()
    for code in 0..<256 {
      let times = (0..<8).reduce(0) { $0 + counts[$1 << 8 | code] }
      statistics.add(Double(table[code]), times: times)
    }
    return statistics
  }

  /// The numbers of the 256 codes of a one-byte type.
  static func table(of type: ElementType) -> [Float] {
    let codes = (0...255).map { UInt8($0) }
    var numbers = [Float](repeating: .nan, count: 256)
    ElementDecoder(type)?.decode(codes.rawSpan, at: 0, into: &numbers)
    return numbers
  }
}
