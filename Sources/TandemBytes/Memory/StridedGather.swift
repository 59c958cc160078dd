/// Copies elements that lie anywhere in a storage into row-major order, block by block.
///
/// The element with indices *i₁ … iₙ* is at `offset + Σ iₖ · strideₖ`, in elements of the storage.
public struct StridedGather: Sendable {
  /// The dimensions, outermost first, with neighbours that are one run of elements joined.
  private let sizes: [Int]
  private let strides: [Int]
  private let offset: Int
  private let width: Int
  /// The number of elements.
  public let count: Int

  /// - Parameters:
  ///   - sizes: The tensor's dimensions; their product must be a number.
  ///   - strides: As many, none negative.
  ///   - elementByteCount: 1, 2, 4, 8 or any other.
  public init(sizes: [Int], strides: [Int], offset: Int, elementByteCount: Int) {
    precondition(sizes.count == strides.count, "StridedGather: ranks differ")
    var joined: [(size: Int, stride: Int)] = []
    for (size, stride) in zip(sizes, strides) where size != 1 {
      if let last = joined.last, last.stride == size * stride {
        joined[joined.count - 1] = (last.size * size, stride)
      } else {
        joined.append((size, stride))
      }
    }
    if joined.isEmpty { joined = [(1, 1)] }
    self.sizes = joined.map(\.size)
    self.strides = joined.map(\.stride)
    self.offset = offset
    width = elementByteCount
    count = sizes.reduce(1, *)
  }

  /// The elements of a range of the row-major order.
  ///
  /// - Complexity: O(*n*) in the number of elements; joined runs at memory speed.
  public func elements(_ range: Range<Int>, of storage: RawSpan) -> [UInt8] {
    guard !range.isEmpty else { return [] }
    let reach = zip(sizes, strides).reduce(offset) { $0 + ($1.0 - 1) * $1.1 }
    precondition(
      range.lowerBound >= 0 && range.upperBound <= count
        && (reach + 1) * width <= storage.byteCount, "StridedGather: outside the storage")
    // SAFETY: each element that the loop copies is inside the storage (lines above), and the rows'
    // lengths add up to the range's.
    return unsafe [UInt8](unsafeUninitializedCapacity: range.count * width) { output, count in
      unsafe storage.withUnsafeBytes { source in
        unsafe copy(range, from: source, to: UnsafeMutableRawBufferPointer(output))
      }
      count = range.count * width
    }
  }

  /// Walks the rows, the last dimension's runs.
  @unsafe private func copy(
    _ range: Range<Int>, from source: UnsafeRawBufferPointer,
    to output: UnsafeMutableRawBufferPointer
  ) {
    guard let sourceStart = source.baseAddress, let outputStart = output.baseAddress else {
      return
    }
    let rowLength = sizes[sizes.count - 1]
    var done = range.lowerBound
    while done < range.upperBound {
      let (row, column) = done.quotientAndRemainder(dividingBy: rowLength)
      let length = min(rowLength - column, range.upperBound - done)
      let start = place(ofRow: row) + column * strides[strides.count - 1]
      let target = (done - range.lowerBound) * width
      // SAFETY: the row's elements lie in the source, and `length` of them fit behind `target`.
      unsafe copyRow(
        sourceStart + start * width, outputStart + target, length: length,
        stride: strides[strides.count - 1])
      done += length
    }
  }

  /// The place of the first element of a row, in elements.
  private func place(ofRow row: Int) -> Int {
    var place = offset
    var rest = row
    for dimension in sizes.indices.dropLast().reversed() {
      let (next, index) = rest.quotientAndRemainder(dividingBy: sizes[dimension])
      place += index * strides[dimension]
      rest = next
    }
    return place
  }

  @unsafe private func copyRow(
    _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, length: Int, stride: Int
  ) {
    if stride == 1 {
      return unsafe target.copyMemory(from: source, byteCount: length * width)
    }
    switch width {
    case 1: unsafe Self.copyRow(UInt8.self, source, target, length, stride)
    case 2: unsafe Self.copyRow(UInt16.self, source, target, length, stride)
    case 4: unsafe Self.copyRow(UInt32.self, source, target, length, stride)
    case 8: unsafe Self.copyRow(UInt64.self, source, target, length, stride)
    default:
      for index in 0..<length {
        unsafe (target + index * width).copyMemory(
          from: source + index * stride * width, byteCount: width)
      }
    }
  }

  @unsafe @inline(__always)
  private static func copyRow<Word: FixedWidthInteger & BitwiseCopyable>(
    _ type: Word.Type, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer,
    _ length: Int, _ stride: Int
  ) {
    let width = MemoryLayout<Word>.size
    for index in 0..<length {
      let word = unsafe source.loadUnaligned(
        fromByteOffset: index * stride * width, as: type)
      unsafe target.storeBytes(of: word, toByteOffset: index * width, as: type)
    }
  }
}

extension Array<UInt8> {
  /// Reverses the bytes of each number: big-endian becomes little-endian.
  ///
  /// - Parameter width: 2, 4 or 8; it divides the number of bytes.
  public mutating func swapBytes(ofNumbersWithByteCount width: Int) {
    switch width {
    case 2: swapBytes(UInt16.self)
    case 4: swapBytes(UInt32.self)
    case 8: swapBytes(UInt64.self)
    default: precondition(width == 1, "swapBytes: no number has this width")
    }
  }

  private mutating func swapBytes<Word: FixedWidthInteger & BitwiseCopyable>(_ type: Word.Type) {
    let width = MemoryLayout<Word>.size
    precondition(count % width == 0, "swapBytes: a number is cut off")
    // SAFETY: each word lies inside the array, whose length is a multiple of the width.
    unsafe withUnsafeMutableBytes { bytes in
      for offset in stride(from: 0, to: bytes.count, by: width) {
        let word = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: type)
        unsafe bytes.storeBytes(of: word.byteSwapped, toByteOffset: offset, as: type)
      }
    }
  }
}
