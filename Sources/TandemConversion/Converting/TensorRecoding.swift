import TandemBytes
import TandemKernels
import TandemTensors

/// Makes the bytes of a tensor of the output from those of the source, piece by piece.
struct TensorRecoding {
  /// The most bytes of a piece, before or after.
  static let pieceByteCount = 1 << 20
  /// Bytes that are only copied need no memory: they go in larger pieces.
  private static let copiedByteCount = 8 << 20
  /// A number of elements that every type has whole blocks of.
  private static let unit = 256

  /// Whether there is a way from one type to another.
  static func exists(from source: ElementType, to target: ElementType) -> Bool {
    source == target || Recoding(from: source, to: target) != nil
  }

  private let source: Layout
  private let target: Layout
  private let elementCount: Int
  private let recoding: Recoding?
  /// How many elements a piece has; the last one may have fewer.
  private let pieceLength: Int
  let pieceCount: Int

  /// A tensor's bytes in a file.
  private struct Layout {
    let range: Range<Int>
    let block: ElementType.Block

    /// The bytes of some elements, which are whole blocks.
    func bytes(_ elements: Range<Int>) -> Range<Int> {
      let first = range.lowerBound + elements.lowerBound / block.elementCount * block.byteCount
      return first..<first + elements.count / block.elementCount * block.byteCount
    }

    /// The bytes of ``unit`` elements.
    var unitByteCount: Int { unit / block.elementCount * block.byteCount }
  }

  /// - Parameters:
  ///   - place: Where the tensor's bytes go in the target.
  ///   - memoryByteCount: The most memory for one piece.
  init(
    _ tensor: TensorDescriptor, as type: ElementType, at place: Range<Int>, memoryByteCount: Int
  ) {
    source = Layout(range: tensor.byteRange, block: tensor.type.block)
    target = Layout(range: place, block: type.block)
    elementCount = tensor.elementCount
    recoding = type == tensor.type ? nil : Recoding(from: tensor.type, to: type)
    let limit = recoding == nil ? Self.copiedByteCount : min(Self.pieceByteCount, memoryByteCount)
    let units = limit / max(source.unitByteCount, target.unitByteCount)
    pieceLength = max(1, units) * Self.unit
    pieceCount = (elementCount + pieceLength - 1) / pieceLength
  }

  /// Where a piece goes in the target.
  func place(ofPiece index: Int) -> Range<Int> { target.bytes(elements(ofPiece: index)) }

  private func elements(ofPiece index: Int) -> Range<Int> {
    index * pieceLength..<min((index + 1) * pieceLength, elementCount)
  }

  /// Passes on the bytes of a piece, which lie in the source or in memory from the pool.
  ///
  /// - Parameter file: The bytes of the source's file.
  /// - Returns: What the piece lost.
  func withPiece<Failure: Error>(
    _ index: Int, of file: RawSpan, _ pool: BufferPool,
    _ body: (RawSpan) throws(Failure) -> Void
  ) throws(Failure) -> RecodingLoss {
    let elements = elements(ofPiece: index)
    let bytes = file.extracting(source.bytes(elements))
    guard let recoding else {
      try body(bytes)
      return RecodingLoss()
    }
    var buffer = pool.take(byteCount: target.bytes(elements).count)
    defer { pool.give(buffer) }
    var output = buffer.mutableRawSpan
    let loss = recoding.convert(bytes, into: &output)
    try body(buffer.rawSpan)
    return loss
  }
}
