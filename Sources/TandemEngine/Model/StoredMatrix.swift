import TandemBytes
import TandemKernels
import TandemTensors

/// Where a matrix of weights lies in a mapped file. Holds none of its bytes.
struct StoredMatrix: Sendable {
  let file: MappedFile
  let type: ElementType
  let rowCount: Int
  let columnCount: Int
  let byteRange: Range<Int>

  /// The bytes of a row.
  var rowByteCount: Int { columnCount / type.block.elementCount * type.block.byteCount }

  /// The matrix, for products.
  var view: WeightMatrix {
    @_lifetime(borrow self)
    get {
      WeightMatrix(
        type, rowCount: rowCount, columnCount: columnCount, bytes: file.bytes.extracting(byteRange))
    }
  }

  /// Some of the rows, where several matrices are stored as one.
  func rows(_ range: Range<Int>) -> StoredMatrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= rowCount, "rows: out of range")
    let start = byteRange.lowerBound + range.lowerBound * rowByteCount
    return StoredMatrix(
      file: file, type: type, rowCount: range.count, columnCount: columnCount,
      byteRange: start..<start + range.count * rowByteCount)
  }

  /// The bytes of some rows, one after the other.
  func bytes(ofRows rows: [Int]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(rows.count * rowByteCount)
    for row in rows {
      precondition(0..<rowCount ~= row, "bytes: no such row")
      let start = byteRange.lowerBound + row * rowByteCount
      bytes.append(file.bytes.extracting(start..<start + rowByteCount))
    }
    return bytes
  }

  /// Reads some rows as numbers, one after the other.
  ///
  /// - Precondition: `output` has room for them, no more and no less.
  func read(rows: some Collection<Int>, into output: inout [Float]) {
    precondition(output.count == rows.count * columnCount, "read: output differs from rows")
    var numbers = output.mutableSpan
    for (index, row) in rows.enumerated() {
      precondition(0..<rowCount ~= row, "read: no such row")
      let start = byteRange.lowerBound + row * rowByteCount
      var part = numbers._mutatingExtracting(index * columnCount..<(index + 1) * columnCount)
      readNumbers(type, file.bytes.extracting(start..<start + rowByteCount), into: &part)
    }
  }
}
