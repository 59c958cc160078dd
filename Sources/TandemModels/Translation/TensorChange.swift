import TandemBytes
public import TandemTensors

/// What is done to a tensor's data on the way from one convention to the other.
public enum TensorChange: Hashable, Sendable {
  case none
  /// Whole rows in another order; quantised rows move as they are stored.
  case rows(RowOrder)
  /// Rows become columns; elements must stand for themselves.
  case transposed
  /// A number is added to every element, in binary32.
  case addition(Float)
}

/// The order of the rows that make queries and keys, head by head.
///
/// transformers rotates element i of a head together with element i + half its size, llama.cpp's
/// llama models 2 i together with 2 i + 1 (`LlamaModel.permute` in its converter).
public struct RowOrder: Hashable, Sendable {
  /// The rows of a head; even.
  public let headSize: Int
  /// Whether the halves are brought together, as GGUF has them, or taken apart again.
  public let isInterleaving: Bool

  public init(headSize: Int, isInterleaving: Bool) {
    precondition(headSize > 0 && headSize.isMultiple(of: 2), "RowOrder: odd head size")
    self.headSize = headSize
    self.isInterleaving = isInterleaving
  }

  /// The row of the source that becomes a row of the target.
  public func source(of row: Int) -> Int {
    let (place, half) = (row % headSize, headSize / 2)
    let moved =
      isInterleaving ? place % 2 * half + place / 2 : place % half * 2 + place / half
    return row - place + moved
  }
}

extension TensorChange {
  /// The change that undoes this one.
  public var inverse: TensorChange {
    switch self {
    case .none: .none
    case .rows(let order):
      .rows(RowOrder(headSize: order.headSize, isInterleaving: !order.isInterleaving))
    case .transposed: .transposed
    case .addition(let number): .addition(-number)
    }
  }

  /// The shape that a tensor has after the change.
  public func shape(_ source: Shape) -> Shape {
    self == .transposed ? Shape(source.dimensions.reversed()) : source
  }

  /// Whether the change can be made to elements of a type as they are stored.
  public func applies(to type: ElementType) -> Bool {
    switch self {
    case .none, .rows: true
    case .transposed: type.block.elementCount == 1
    case .addition: type == .f32
    }
  }

  /// Appends rows of the changed tensor, so that it is made piece by piece.
  ///
  /// A row is what has one index in the first dimension; a vector's rows are its elements.
  ///
  /// - Parameters:
  ///   - rows: The rows of the target.
  ///   - source: The whole tensor as stored.
  ///   - shape: The source's shape, row-major.
  /// - Precondition: ``applies(to:)``, and the rows exist.
  /// - Complexity: O(bytes of the rows).
  public func append(
    _ rows: Range<Int>, of source: RawSpan, _ shape: Shape, _ type: ElementType,
    to output: inout [UInt8]
  ) {
    precondition(applies(to: type), "TensorChange: does not apply to the type")
    let rowCount = shape.dimensions.first ?? 1
    switch self {
    case .none, .addition:
      let rowByteCount = rowCount == 0 ? 0 : source.byteCount / rowCount
      let piece = source.extracting(rowByteCount * rows.lowerBound..<rowByteCount * rows.upperBound)
      if case .addition(let number) = self {
        Self.append(number, to: piece, to: &output)
      } else {
        output.append(piece)
      }
    case .rows(let order):
      let rowByteCount = rowCount == 0 ? 0 : source.byteCount / rowCount
      for row in rows {
        let start = rowByteCount * order.source(of: row)
        output.append(source.extracting(start..<start + rowByteCount))
      }
    case .transposed:
      switch type.block.byteCount {
      case 1: Self.append(rows, UInt8.self, source, shape, to: &output)
      case 2: Self.append(rows, UInt16.self, source, shape, to: &output)
      case 4: Self.append(rows, UInt32.self, source, shape, to: &output)
      default: Self.append(rows, UInt64.self, source, shape, to: &output)
      }
    }
  }

  /// Appends columns of a matrix as rows.
  private static func append<Element: FixedWidthInteger & BitwiseCopyable>(
    _ columns: Range<Int>, _: Element.Type, _ source: RawSpan, _ shape: Shape,
    to output: inout [UInt8]
  ) {
    let size = MemoryLayout<Element>.size
    let (rowCount, rowLength) = (shape.dimensions[0], shape.dimensions[1])
    output.reserveCapacity(output.count + columns.count * rowCount * size)
    for column in columns {
      for row in 0..<rowCount {
        let offset = (row * rowLength + column) * size
        output.append(littleEndian: source.littleEndian(Element.self, at: offset))
      }
    }
  }

  private static func append(_ number: Float, to source: RawSpan, to output: inout [UInt8]) {
    for offset in stride(from: 0, to: source.byteCount, by: 4) {
      let element = Float(bitPattern: source.littleEndian(at: offset))
      output.append(littleEndian: (element + number).bitPattern)
    }
  }
}
