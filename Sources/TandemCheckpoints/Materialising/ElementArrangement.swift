import TandemBytes
import TandemTensors

/// A piece of a tensor on its way into row-major little-endian order.
struct ElementArrangement: Sendable {
  let tensor: TensorDescriptor
  /// The elements of the piece, in row-major order.
  let elements: Range<Int>
  /// Where the piece goes.
  let target: Int

  /// The pieces of a tensor that is to be written at a place; coded numbers are one piece, because
  /// where one begins is known only from those before.
  static func pieces(of tensor: TensorDescriptor, at target: Int) -> [ElementArrangement] {
    let width = tensor.type.block.byteCount
    let count = tensor.elementCount
    let isCoded = tensor.form.coding != .fixedWidth
    let length = isCoded ? max(count, 1) : ScratchFile.pieceByteCount / width
    return stride(from: 0, to: count, by: length).map {
      ElementArrangement(
        tensor: tensor, elements: $0..<min($0 + length, count), target: target + $0 * width)
    }
  }

  /// Writes the piece in its place.
  ///
  /// - Throws: ``Finding`` if coded numbers are not as many as the tensor has elements,
  ///   ``FileError`` if there is no room.
  func write(from file: MappedFile, to scratch: ScratchFile) throws {
    switch tensor.form.coding {
    case .fixedWidth:
      let bytes = bytes(of: file.bytes.extracting(tensor.byteRange))
      try scratch.write(bytes.rawSpan, at: target)
    case .varints:
      var numbers = WireNumbers(file.bytes, run: tensor.byteRange, byteCount: nil)
      try write(&numbers, width: tensor.type.block.byteCount, from: file, to: scratch)
    case .repeatedField(let number, let byteCount):
      var numbers = WireNumbers(
        file.bytes, message: tensor.byteRange, field: number, byteCount: byteCount)
      try write(
        &numbers, width: byteCount ?? tensor.type.block.byteCount, from: file, to: scratch)
    }
  }

  /// Writes the lowest bytes of each number.
  private func write(
    _ numbers: inout WireNumbers, width: Int, from file: MappedFile, to scratch: ScratchFile
  ) throws {
    var writtenByteCount = 0
    var piece: [UInt8] = []
    while let number = try next(&numbers, from: file) {
      for index in 0..<width { piece.append(UInt8(truncatingIfNeeded: number >> (8 * index))) }
      if piece.count < ScratchFile.pieceByteCount { continue }
      guard piece.count <= tensor.byteCount - writtenByteCount else { break }
      try scratch.write(piece.rawSpan, at: target + writtenByteCount)
      writtenByteCount += piece.count
      piece = []
    }
    guard writtenByteCount + piece.count == tensor.byteCount else {
      throw finding("its numbers do not fill \(tensor.byteCount) bytes", file)
    }
    try scratch.write(piece.rawSpan, at: target + writtenByteCount)
  }

  private func next(
    _ numbers: inout WireNumbers, from file: MappedFile
  ) throws(Finding) -> UInt64? {
    do throws(WireFailure) {
      return try numbers.next()
    } catch {
      throw finding(error.message, file)
    }
  }

  private func finding(_ message: String, _ file: MappedFile) -> Finding {
    Finding(
      FileRule.badElements, in: file.path, item: tensor.name, at: tensor.byteRange.lowerBound,
      message)
  }

  /// The piece's bytes, of the tensor's.
  private func bytes(of storage: RawSpan) -> [UInt8] {
    let width = tensor.type.block.byteCount
    let strides = tensor.form.strides?.strides ?? Self.rowMajor(tensor.shape)
    let gather = StridedGather(
      sizes: tensor.shape.dimensions, strides: strides,
      offset: tensor.form.strides?.offset ?? 0, elementByteCount: width)
    var bytes = gather.elements(elements, of: storage)
    if tensor.form.isBigEndian {
      bytes.swapBytes(ofNumbersWithByteCount: tensor.type.numberByteCount)
    }
    return bytes
  }

  private static func rowMajor(_ shape: Shape) -> [Int] {
    var strides: [Int] = []
    var next = 1
    for size in shape.dimensions.reversed() {
      strides.append(next)
      next *= max(size, 1)
    }
    return strides.reversed()
  }
}

extension ElementType {
  /// The bytes of what is swapped as one: a complex element is two numbers.
  fileprivate var numberByteCount: Int { self == .c64 ? 4 : block.byteCount }
}
