import TandemBytes
import TandemModels
import TandemTensors
import Testing

@Suite struct TensorChangeTests {
  /// A matrix of 8 rows of 3, whose elements tell their places.
  private static let shape: Shape = [8, 3]
  private static let numbers = (0..<24).map { Float($0) }

  private static func bytes(_ numbers: [Float]) -> [UInt8] {
    numbers.flatMap { littleEndianBytes($0.bitPattern) }
  }

  /// The whole target, made in pieces of so many rows.
  private static func changed(
    _ bytes: [UInt8], _ shape: Shape, by change: TensorChange, inPiecesOf length: Int
  ) -> [UInt8] {
    var result: [UInt8] = []
    let rowCount = change.shape(shape).dimensions[0]
    for start in stride(from: 0, to: rowCount, by: length) {
      change.append(
        start..<min(start + length, rowCount), of: bytes.rawSpan, shape, .f32, to: &result)
    }
    return result
  }

  @Test func `rows of a head are interleaved as llama.cpp's converter does it`() {
    let order = RowOrder(headSize: 4, isInterleaving: true)
    // reshape(2 heads, 2 halves, 2, …).swapaxes(1, 2)
    #expect((0..<8).map(order.source(of:)) == [0, 2, 1, 3, 4, 6, 5, 7])
  }

  @Test(arguments: [
    TensorChange.none, .rows(RowOrder(headSize: 4, isInterleaving: true)),
    .rows(RowOrder(headSize: 8, isInterleaving: false)), .transposed, .addition(1),
  ])
  func `a change and its inverse give the tensor back, in pieces of any length`(
    _ change: TensorChange
  ) {
    let original = Self.bytes(Self.numbers)
    let whole = Self.changed(original, Self.shape, by: change, inPiecesOf: 100)
    for length in 1...3 {
      #expect(Self.changed(original, Self.shape, by: change, inPiecesOf: length) == whole)
    }
    let shape = change.shape(Self.shape)
    #expect(Self.changed(whole, shape, by: change.inverse, inPiecesOf: 2) == original)
    #expect((whole == original) == (change == .none))
  }

  @Test func `a matrix is transposed`() {
    let result = Self.changed(
      Self.bytes(Self.numbers), Self.shape, by: .transposed, inPiecesOf: 1)
    let columns = (0..<3).flatMap { column in (0..<8).map { Float(3 * $0 + column) } }
    #expect(result == Self.bytes(columns))
  }

  @Test func `a vector's rows are its elements`() {
    let result = Self.changed(
      Self.bytes([0, 1, 2, 3]), [4], by: .rows(RowOrder(headSize: 4, isInterleaving: true)),
      inPiecesOf: 4)
    #expect(result == Self.bytes([0, 2, 1, 3]))
  }

  @Test func `quantised rows move as they are, and nothing else is done to them`() {
    let rows = TensorChange.rows(RowOrder(headSize: 2, isInterleaving: true))
    #expect(rows.applies(to: .q4_k) && TensorChange.none.applies(to: .q4_k))
    #expect(!TensorChange.transposed.applies(to: .q8_0))
    #expect(!TensorChange.addition(1).applies(to: .bf16))
    // Two rows of one block of Q8_0 change places within a head of four.
    let blocks = (0..<4).flatMap { row in [UInt8](repeating: UInt8(row), count: 34) }
    var result: [UInt8] = []
    TensorChange.rows(RowOrder(headSize: 4, isInterleaving: true))
      .append(0..<4, of: blocks.rawSpan, [4, 32], .q8_0, to: &result)
    #expect(stride(from: 0, to: 136, by: 34).map { result[$0] } == [0, 2, 1, 3])
  }
}
