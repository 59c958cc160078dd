import Synchronization
import TandemBundles
import TandemBytes
import TandemCheckpoints
import TandemKernels
import TandemTensors

/// Makes a payload by changing the type of a tensor's elements.
final class PayloadRecoding: PayloadMaking {
  struct Types: Hashable {
    let source: ElementType
    let target: ElementType
  }

  /// A number of elements that every type has whole blocks of.
  private static let unit = 256

  let types: Types
  let byteCount: Int
  private let recoding: Recoding
  private let lost = Mutex(RecodingLoss())

  /// - Returns: nil if there is no such conversion.
  init?(from source: ElementType, to target: OutputTensor) {
    guard let recoding = Recoding(from: source, to: target.type) else { return nil }
    types = Types(source: source, target: target.type)
    self.recoding = recoding
    byteCount = target.byteCount
  }

  /// What the parts that have been written lost, each element counted once.
  var loss: RecodingLoss { lost.withLock { $0 } }

  func write(_ part: Range<Int>, from source: RawSpan, into output: inout MutableRawSpan) {
    let unitByteCount = types.target.byteCount(ofElements: Self.unit)
    var start = part.lowerBound
    // Parts end anywhere, also within a block: both parts then make the unit around their border.
    if start % unitByteCount != 0 {
      start -= start % unitByteCount
      let (bytes, _) = unit(at: start, from: source)
      let end = min(start + bytes.count, part.upperBound)
      output.store(bytes[part.lowerBound - start..<end - start], at: 0)
      start = end
    }
    let isLast = part.upperBound == byteCount
    let end = isLast ? part.upperBound : part.upperBound / unitByteCount * unitByteCount
    var loss = RecodingLoss()
    if start < end {
      var room = output._mutatingExtracting(start - part.lowerBound..<end - part.lowerBound)
      loss = recoding.convert(source.extracting(sourceBytes(of: start..<end)), into: &room)
      start = end
    }
    if start < part.upperBound {
      let (bytes, last) = unit(at: start, from: source)
      output.store(bytes[..<(part.upperBound - start)], at: start - part.lowerBound)
      loss.merge(last)
    }
    if loss != RecodingLoss() { lost.withLock { $0.merge(loss) } }
  }

  /// The unit that begins at a place of the payload; the last one may be shorter.
  private func unit(at start: Int, from source: RawSpan) -> ([UInt8], RecodingLoss) {
    let end = min(start + types.target.byteCount(ofElements: Self.unit), byteCount)
    var bytes = [UInt8](repeating: 0, count: end - start)
    var room = bytes.mutableRawSpan
    let loss = recoding.convert(source.extracting(sourceBytes(of: start..<end)), into: &room)
    return (bytes, loss)
  }

  /// The bytes of the source that whole blocks of the payload are made from.
  private func sourceBytes(of range: Range<Int>) -> Range<Int> {
    let block = types.target.block
    let start = range.lowerBound / block.byteCount * block.elementCount
    let count = range.count / block.byteCount * block.elementCount
    let first = types.source.byteCount(ofElements: start)
    return first..<first + types.source.byteCount(ofElements: count)
  }
}

extension ElementType {
  /// The bytes of elements that are whole blocks.
  fileprivate func byteCount(ofElements count: Int) -> Int {
    count / block.elementCount * block.byteCount
  }
}

extension MutableRawSpan {
  fileprivate mutating func store(_ bytes: ArraySlice<UInt8>, at offset: Int) {
    for (index, byte) in bytes.enumerated() {
      storeBytes(of: byte, toByteOffset: offset + index, as: UInt8.self)
    }
  }
}
