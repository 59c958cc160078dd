import TandemBytes
import TandemCheckpoints
import TandemKernels
import TandemModels
import TandemTensors

/// Makes the bytes of a tensor of the output from those of the source, piece by piece: changes the
/// order of elements or adds to them, then changes their type.
struct TensorRecoding: Sendable {
  /// The most bytes of a piece, before or after.
  static let pieceByteCount = 1 << 20
  /// A number of elements that every type has whole blocks of.
  private static let unit = 256

  /// Whether there is a way from one type to another.
  static func exists(from source: ElementType, to target: ElementType) -> Bool {
    source == target || Recoding(from: source, to: target) != nil
  }

  private let shape: Shape
  private let change: TensorChange
  private let types: (source: ElementType, target: ElementType)
  /// Before the change; it adds to numbers of binary32 only.
  private let widening: Recoding?
  /// After the change.
  private let recoding: Recoding?
  /// The tensor's bytes in the target.
  private let place: Range<Int>
  private let elementCount: Int
  /// How many elements a piece has; the last one may have fewer.
  private let pieceLength: Int
  let pieceCount: Int

  /// - Parameters:
  ///   - place: Where the tensor's bytes go in the target.
  ///   - memoryByteCount: The most memory for one piece.
  init(_ tensor: ConversionPlan.Tensor, at place: Range<Int>, memoryByteCount: Int) {
    shape = tensor.sourceShape
    change = tensor.change
    types = (tensor.sourceType, tensor.output.type)
    let middle = change.applies(to: types.source) ? types.source : ElementType.f32
    widening = Self.recoding(from: types.source, to: middle)
    recoding = Self.recoding(from: middle, to: types.target)
    self.place = place
    elementCount = shape.elementCount ?? 0
    // A tensor whose rows move is made of whole rows of the target.
    let target = tensor.output.shape.dimensions
    let rowLength = change == .none || target.count < 2 ? 1 : target.dropFirst().reduce(1, *)
    let isWhole = change == .transposed && middle != types.source
    let unit = isWhole ? max(elementCount, 1) : rowLength > 1 ? rowLength : Self.unit
    let widest = max(types.source.bitsPerElement, types.target.bitsPerElement, 8)
    let limit = min(Self.pieceByteCount, memoryByteCount) * 8 / widest
    pieceLength = max(1, limit / unit) * unit
    pieceCount = (elementCount + pieceLength - 1) / pieceLength
  }

  private static func recoding(from source: ElementType, to target: ElementType) -> Recoding? {
    source == target ? nil : Recoding(from: source, to: target)
  }

  /// Where a piece goes in the target.
  func place(ofPiece index: Int) -> Range<Int> {
    let range = types.target.bytes(of: elements(ofPiece: index))
    return place.lowerBound + range.lowerBound..<place.lowerBound + range.upperBound
  }

  private func elements(ofPiece index: Int) -> Range<Int> {
    index * pieceLength..<min((index + 1) * pieceLength, elementCount)
  }

  /// Adds a piece to a stretch of the target.
  ///
  /// - Parameter source: All bytes of the tensor in the source.
  /// - Returns: What the piece lost.
  func addPiece(_ index: Int, of source: RawSpan, to stretch: inout FileStretch) -> RecodingLoss {
    let place = place(ofPiece: index)
    let elements = elements(ofPiece: index)
    if change == .none {
      return add(source.extracting(types.source.bytes(of: elements)), at: place, to: &stretch)
    }
    let (changed, loss) = changed(elements, of: source)
    var whole = add(changed.rawSpan, at: place, to: &stretch)
    if case .addition(let number) = change {
      // The sum rounds too: what is lost shows only from end to end.
      return RecodingLoss(
        of: source.extracting(types.source.bytes(of: elements)), types.source, plus: number,
        storedAs: stretch.latestBytes, types.target)
    }
    whole.merge(loss)
    return whole
  }

  /// Adds bytes of the middle type.
  private func add(
    _ bytes: RawSpan, at place: Range<Int>, to stretch: inout FileStretch
  ) -> RecodingLoss {
    guard let recoding else {
      stretch.add(bytes, at: place.lowerBound)
      return RecodingLoss()
    }
    return stretch.add(byteCount: place.count, at: place.lowerBound) { output in
      recoding.convert(bytes, into: &output)
    }
  }

  /// The elements of the changed tensor, in the middle type.
  private func changed(_ elements: Range<Int>, of source: RawSpan) -> ([UInt8], RecodingLoss) {
    var output: [UInt8] = []
    guard let widening else {
      let rowCount = change.shape(shape).dimensions.first ?? 1
      let rowLength = max(1, elementCount / max(1, rowCount))
      change.append(
        elements.lowerBound / rowLength..<elements.upperBound / rowLength, of: source, shape,
        types.source, to: &output)
      return (output, RecodingLoss())
    }
    // Elements with scales in common are moved as a whole tensor; a sum changes each by itself.
    var numbers = [UInt8](repeating: 0, count: 4 * elements.count)
    var span = numbers.mutableRawSpan
    let loss = widening.convert(
      source.extracting(types.source.bytes(of: elements)), into: &span)
    let isMoved = change == .transposed
    let shape = isMoved ? shape : [elements.count]
    let rows = isMoved ? change.shape(shape).dimensions[0] : elements.count
    change.append(0..<rows, of: numbers.rawSpan, shape, .f32, to: &output)
    return (output, loss)
  }
}

extension ElementType {
  /// The place of some elements, which are whole blocks, among a tensor's bytes.
  fileprivate func bytes(of elements: Range<Int>) -> Range<Int> {
    let first = elements.lowerBound / block.elementCount * block.byteCount
    return first..<first + elements.count / block.elementCount * block.byteCount
  }

  /// What an element takes, rounded up.
  fileprivate var bitsPerElement: Int {
    (8 * block.byteCount + block.elementCount - 1) / block.elementCount
  }
}
