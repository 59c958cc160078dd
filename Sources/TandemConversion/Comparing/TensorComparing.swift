import TandemBytes
import TandemCheckpoints
import TandemKernels
import TandemModels
import TandemTensors

/// Compares the data of two tensors of the same shape, piece by piece.
struct TensorComparing {
  private static let pieceLength = 1 << 18

  let first: TensorDescriptor
  let second: TensorDescriptor
  let change: TensorChange
  let firstFile: MappedFile
  private let secondFile: MappedFile
  /// How many rows, or for data in the same order how many elements, a piece has.
  private let step: Int
  private let length: Int
  private let rowLength: Int

  init(_ tensors: MatchedTensors, _ a: Checkpoint, _ b: Checkpoint) {
    first = a.tensors[tensors.first]
    second = b.tensors[tensors.second]
    change = tensors.change
    firstFile = a.files[first.fileIndex].file
    secondFile = b.files[second.fileIndex].file
    if tensors.change.keepsOrder {
      (rowLength, length, step) = (1, first.elementCount, Self.pieceLength)
    } else {
      length = max(first.shape.dimensions.first ?? 1, 1)
      rowLength = first.elementCount / length
      step = max(1, Self.pieceLength / max(rowLength, 1))
    }
  }

  /// Whether equal bytes, as stored and with the change made to the second ones, are equal numbers.
  var comparesBytes: Bool { first.type == second.type && change.applies(to: second.type) }

  /// Whether both can be read as numbers.
  var comparesValues: Bool {
    let isReadable = [first.type, second.type].allSatisfy {
      $0 == .f32 || Recoding(from: $0, to: .f32) != nil
    }
    return isReadable && (change.keepsOrder || change.applies(to: second.type))
  }

  var pieceCount: Int { (length + step - 1) / step }

  func byteCount(ofPiece piece: Int) -> Int {
    bytes(elements(piece), of: first.type).count
  }

  private func rows(_ piece: Int) -> Range<Int> { piece * step..<min((piece + 1) * step, length) }

  func elements(_ piece: Int) -> Range<Int> {
    rows(piece).lowerBound * rowLength..<rows(piece).upperBound * rowLength
  }

  func bytes(_ elements: Range<Int>, of type: ElementType) -> Range<Int> {
    let block = type.block
    return elements.lowerBound / block.elementCount
      * block.byteCount..<(elements.upperBound
      + block.elementCount - 1) / block.elementCount * block.byteCount
  }

  /// Whether a piece has the same bytes in both.
  func hasEqualBytes(_ piece: Int) -> Bool {
    let a = firstFile.bytes.extracting(first.byteRange)
      .extracting(bytes(elements(piece), of: first.type))
    return withSecond(piece) { a.equals($0) }
  }

  /// Passes on the second tensor's bytes of a piece, in the order of the first one's.
  func withSecond<Result>(
    _ piece: Int, addsNumber: Bool = true, _ body: (RawSpan) -> Result
  ) -> Result {
    let whole = secondFile.bytes.extracting(second.byteRange)
    if change == .none || change.keepsOrder && !addsNumber {
      return body(whole.extracting(bytes(elements(piece), of: second.type)))
    }
    var moved: [UInt8] = []
    if change.keepsOrder {
      let range = bytes(elements(piece), of: second.type)
      change.append(
        0..<1, of: whole.extracting(range), [1, elements(piece).count], second.type, to: &moved)
    } else {
      change.append(rows(piece), of: whole, second.shape, second.type, to: &moved)
    }
    return body(moved.rawSpan)
  }
}

extension TensorChange {
  /// Whether elements stay where they are.
  fileprivate var keepsOrder: Bool {
    switch self {
    case .none, .addition: true
    case .rows, .transposed: false
    }
  }
}
