import TandemBytes
import TandemKernels
import TandemTensors

/// Where a matrix of weights lies in a mapped file. Holds none of its bytes.
struct StoredMatrix: Sendable {
  let type: ElementType
  let rowCount: Int
  let columnCount: Int
  let byteRange: Range<Int>

  /// The bytes of a row.
  var rowByteCount: Int { columnCount / type.block.elementCount * type.block.byteCount }

  /// The matrix, for products.
  @_lifetime(borrow file)
  func view(in file: borrowing MappedFile) -> WeightMatrix {
    WeightMatrix(
      type, rowCount: rowCount, columnCount: columnCount, bytes: file.bytes.extracting(byteRange))
  }

  /// Some of the rows, where several matrices are stored as one.
  func rows(_ range: Range<Int>) -> StoredMatrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= rowCount, "rows: out of range")
    let start = byteRange.lowerBound + range.lowerBound * rowByteCount
    return StoredMatrix(
      type: type, rowCount: range.count, columnCount: columnCount,
      byteRange: start..<start + range.count * rowByteCount)
  }

  /// Reads a row as numbers.
  func read(row: Int, in file: MappedFile, into output: inout MutableSpan<Float>) {
    precondition(0..<rowCount ~= row, "read: no such row")
    let start = byteRange.lowerBound + row * rowByteCount
    readNumbers(type, file.bytes.extracting(start..<start + rowByteCount), into: &output)
  }
}
