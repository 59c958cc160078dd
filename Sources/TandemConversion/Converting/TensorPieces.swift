import TandemBytes
import TandemKernels

/// A tensor of the output, made piece by piece.
protocol TensorPieces: Sendable {
  var pieceCount: Int { get }

  /// Where a piece goes in the target.
  func place(ofPiece index: Int) -> Range<Int>

  /// Passes on the bytes of a piece.
  ///
  /// - Parameter file: The bytes of the source's file.
  /// - Returns: What the piece lost.
  func withPiece<Failure: Error>(
    _ index: Int, of file: RawSpan, _ pool: BufferPool, _ body: (RawSpan) throws(Failure) -> Void
  ) throws(Failure) -> RecodingLoss
}

/// Numbers that a configuration states and that the output has as a tensor.
struct StatedNumbers: TensorPieces {
  private let bytes: [UInt8]
  private let range: Range<Int>
  var pieceCount: Int { bytes.isEmpty ? 0 : 1 }

  /// - Parameter place: Where the tensor's bytes, F32, go in the target.
  init(_ numbers: [Float], at place: Range<Int>) {
    bytes = numbers.flatMap { number in
      (0..<4).map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * $0)) }
    }
    range = place
  }

  func place(ofPiece index: Int) -> Range<Int> { range }

  func withPiece<Failure: Error>(
    _ index: Int, of file: RawSpan, _ pool: BufferPool, _ body: (RawSpan) throws(Failure) -> Void
  ) throws(Failure) -> RecodingLoss {
    try body(bytes.rawSpan)
    return RecodingLoss()
  }
}
