import TandemBytes
import TandemTensors

/// A piece of a tensor on its way into row-major little-endian order.
struct ElementArrangement: Sendable {
  let tensor: TensorDescriptor
  /// The elements of the piece, in row-major order.
  let elements: Range<Int>
  /// Where the piece goes.
  let target: Int

  /// The pieces of a tensor that is to be written at a place; varints are one piece, because where
  /// an element begins is known only from those before.
  static func pieces(of tensor: TensorDescriptor, at target: Int) -> [ElementArrangement] {
    let width = tensor.type.block.byteCount
    let count = tensor.elementCount
    let length = tensor.form.coding == .varints ? max(count, 1) : ScratchFile.pieceByteCount / width
    return stride(from: 0, to: count, by: length).map {
      ElementArrangement(
        tensor: tensor, elements: $0..<min($0 + length, count), target: target + $0 * width)
    }
  }

  /// The piece's bytes.
  ///
  /// - Throws: ``Finding`` if varints are not as many as the tensor has elements.
  func bytes(from file: MappedFile) throws(Finding) -> [UInt8] {
    let width = tensor.type.block.byteCount
    let storage = file.bytes.extracting(tensor.byteRange)
    if tensor.form.coding == .varints {
      if let bytes = Self.decodeVarints(storage, count: elements.count, width: width) {
        return bytes
      }
      throw Finding(
        FileRule.badElements, in: file.path, item: tensor.name, at: tensor.byteRange.lowerBound,
        "its \(storage.byteCount) bytes are not \(elements.count) varints")
    }
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

  /// The numbers of Protocol Buffers varints, each as its lowest bytes; nil if there are not as
  /// many as expected.
  private static func decodeVarints(_ bytes: RawSpan, count: Int, width: Int) -> [UInt8]? {
    var output: [UInt8] = []
    output.reserveCapacity(count * width)
    var number: UInt64 = 0
    var shift: UInt64 = 0
    var found = 0
    for offset in 0..<bytes.byteCount {
      let byte = bytes.byte(at: offset)
      number |= UInt64(byte & 0x7F) << shift
      shift += 7
      if byte & 0x80 != 0 {
        if shift > 63 { return nil }
        continue
      }
      found += 1
      if found > count { return nil }
      for index in 0..<UInt64(width) {
        output.append(UInt8(truncatingIfNeeded: number >> (8 * index)))
      }
      (number, shift) = (0, 0)
    }
    return found == count && shift == 0 ? output : nil
  }
}

extension ElementType {
  /// The bytes of what is swapped as one: a complex element is two numbers.
  fileprivate var numberByteCount: Int { self == .c64 ? 4 : block.byteCount }
}
