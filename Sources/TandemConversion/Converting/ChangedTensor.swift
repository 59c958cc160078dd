import TandemBytes
import TandemCheckpoints
import TandemKernels
import TandemModels
import TandemTensors

/// A tensor whose data lie otherwise, or are others, in the convention that a model is translated to.
///
/// Pieces are whole rows of the target: rows are taken in their new order, or columns as rows, or a
/// number is added, and what comes of it becomes the target's type.
struct ChangedTensor: TensorPieces {
  private let source: TensorDescriptor
  private let change: TensorChange
  private let type: ElementType
  private let range: Range<Int>
  private let rowCount: Int
  private let rowByteCount: Int
  private let rowsOfPiece: Int
  let pieceCount: Int

  /// Whether a tensor can be changed and become a type.
  static func exists(_ change: TensorChange, from source: ElementType, to target: ElementType)
    -> Bool
  {
    if change.applies(to: source) { return TensorRecoding.exists(from: source, to: target) }
    return TensorRecoding.exists(from: source, to: .f32)
      && TensorRecoding.exists(from: .f32, to: target)
  }

  /// - Parameters:
  ///   - place: Where the tensor's bytes go in the target.
  ///   - memoryByteCount: The most memory for one piece; a quantised matrix whose rows become columns
  ///     is one piece whatever its size.
  /// - Precondition: ``exists(_:from:to:)``.
  init(
    _ source: TensorDescriptor, _ change: TensorChange, as output: OutputTensor,
    at place: Range<Int>, memoryByteCount: Int
  ) {
    self.source = source
    self.change = change
    type = output.type
    range = place
    rowCount = output.shape.dimensions.first ?? 1
    rowByteCount = rowCount == 0 ? 0 : place.count / rowCount
    let limit = min(TensorRecoding.pieceByteCount, memoryByteCount)
    let isWhole = change == .transposed && !change.applies(to: source.type)
    rowsOfPiece = isWhole ? max(1, rowCount) : max(1, limit / max(1, rowByteCount))
    pieceCount = (rowCount + rowsOfPiece - 1) / rowsOfPiece
  }

  func place(ofPiece index: Int) -> Range<Int> {
    let rows = rows(ofPiece: index)
    return range.lowerBound + rows.lowerBound * rowByteCount..<range.lowerBound + rows.upperBound
      * rowByteCount
  }

  private func rows(ofPiece index: Int) -> Range<Int> {
    index * rowsOfPiece..<min((index + 1) * rowsOfPiece, rowCount)
  }

  func withPiece<Failure: Error>(
    _ index: Int, of file: RawSpan, _ pool: BufferPool, _ body: (RawSpan) throws(Failure) -> Void
  ) throws(Failure) -> RecodingLoss {
    let stored = file.extracting(source.byteRange)
    var loss = RecodingLoss()
    var changed = pool.take(byteCount: 0)
    defer { pool.give(changed) }
    let changedType = change.applies(to: source.type) ? source.type : .f32
    if change.applies(to: source.type) {
      change.append(rows(ofPiece: index), of: stored, source.shape, source.type, to: &changed)
    } else {
      let (plain, shape, rows) = plainRows(rows(ofPiece: index), of: stored, pool, &loss)
      change.append(rows, of: plain.rawSpan, shape, .f32, to: &changed)
      pool.give(plain)
    }
    let result = recoded(changed, changedType, to: type, pool, &loss)
    if let result {
      defer { pool.give(result) }
      try body(result.rawSpan)
    } else {
      try body(changed.rawSpan)
    }
    return loss
  }

  /// The source's rows that rows of the target are made from, as F32.
  ///
  /// - Returns: Them, their shape, and the rows of the target that they make.
  private func plainRows(
    _ rows: Range<Int>, of stored: RawSpan, _ pool: BufferPool, _ loss: inout RecodingLoss
  ) -> (bytes: [UInt8], shape: Shape, rows: Range<Int>) {
    var shape = source.shape
    var part = stored
    var rows = rows
    if change != .transposed, let first = shape.dimensions.first, first > 0 {
      let byteCount = stored.byteCount / first
      part = stored.extracting(rows.lowerBound * byteCount..<rows.upperBound * byteCount)
      shape.dimensions[0] = rows.count
      rows = 0..<rows.count
    }
    var bytes = pool.take(byteCount: 0)
    bytes.append(part)
    guard let plain = recoded(bytes, source.type, to: .f32, pool, &loss) else {
      return (bytes, shape, rows)
    }
    pool.give(bytes)
    return (plain, shape, rows)
  }

  /// Elements in another type; nil if it is the one that they have.
  private func recoded(
    _ bytes: [UInt8], _ old: ElementType, to new: ElementType, _ pool: BufferPool,
    _ loss: inout RecodingLoss
  ) -> [UInt8]? {
    guard old != new, let recoding = Recoding(from: old, to: new) else { return nil }
    let count = bytes.count / old.block.byteCount * old.block.elementCount
    var result = pool.take(byteCount: count / new.block.elementCount * new.block.byteCount)
    var output = result.mutableRawSpan
    loss.merge(recoding.convert(bytes.rawSpan, into: &output))
    return result
  }
}
