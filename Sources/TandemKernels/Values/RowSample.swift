import TandemBytes
public import TandemTensors

/// Some rows of a matrix, looked at as one looks at dice: could each number have been drawn on its
/// own?
///
/// Training makes rows and columns unlike each other. In a freshly initialised matrix the sums of
/// squares of rows vary only as much as chance makes them: for independent numbers with kurtosis k,
/// their coefficient of variation is sqrt((k - 1) / row length), and that of columns sqrt((k - 1) /
/// rows). Their directions are independent too: the squares of the cosines between two rows are 1 /
/// row length in the mean.
public struct RowSample: Hashable, Sendable {
  /// The number of rows looked at, spread evenly over the matrix.
  public let rowCount: Int
  public let rowLength: Int
  public let mean: Double
  /// About zero, not about the mean.
  public let standardDeviation: Double
  /// The fourth moment over the squared second, both about zero: 3 for normal, 1.8 for uniform
  /// numbers.
  public let kurtosis: Double
  /// How much the rows' sums of squares vary, as a multiple of what chance gives; 1 for independent
  /// numbers.
  public let rowSpread: Double
  /// The same for columns.
  public let columnSpread: Double
  /// How many of the rows consist of one value, zero included.
  public let constantRowCount: Int
  /// Whether the numbers look independent and alike, as an initialiser draws them.
  ///
  /// Asks for 64 rows and columns; then the spreads of independent numbers are known to 9 %, and
  /// those of trained matrices are several times as large. Matrices trained with an optimiser that
  /// keeps all directions alike (Muon) may have such spreads too, but their rows have to do with
  /// each other.
  public let looksFresh: Bool

  /// Looks at rows of a row-major matrix.
  ///
  /// - Parameter bytes: The whole matrix.
  /// - Returns: nil if the type is no plain floating-point type, or the matrix is empty or holds
  ///   NaN or infinity there.
  /// - Complexity: O(`maximumRowCount` · row length).
  public init?(of bytes: RawSpan, type: ElementType, shape: Shape, maximumRowCount: Int = 128) {
    guard let decoder = ElementDecoder(type), shape.rank == 2, type != .c64 else { return nil }
    let (rows, columns) = (shape.dimensions[0], shape.dimensions[1])
    guard rows > 0, columns > 0, bytes.byteCount == rows * columns * decoder.stride else {
      return nil
    }
    let count = min(rows, maximumRowCount)
    var rowEnergies: [Double] = []
    var columnEnergies = [Double](repeating: 0, count: columns)
    var (sum, fourthPowers, constantRowCount) = (0.0, 0.0, 0)
    var row = [Float](repeating: 0, count: columns)
    let offsets = (0..<count).map { rows * $0 / count * columns * decoder.stride }
    for offset in offsets {
      decoder.decode(bytes, at: offset, into: &row)
      var energy = 0.0
      var isConstant = true
      for column in row.indices {
        let value = Double(row[column])
        let square = value * value
        sum += value
        energy += square
        fourthPowers += square * square
        columnEnergies[column] += square
        isConstant = isConstant && row[column] == row[0]
      }
      rowEnergies.append(energy)
      if isConstant { constantRowCount += 1 }
    }
    let total = rowEnergies.reduce(0, +)
    guard total.isFinite, fourthPowers.isFinite else { return nil }
    let number = Double(count * columns)
    let square = total / number
    self.rowCount = count
    self.rowLength = columns
    self.mean = sum / number
    self.standardDeviation = square.squareRoot()
    self.kurtosis = square > 0 ? fourthPowers / number / (square * square) : 0
    self.rowSpread = Self.spread(rowEnergies, of: columns, kurtosis: kurtosis)
    self.columnSpread = Self.spread(columnEnergies, of: count, kurtosis: kurtosis)
    self.constantRowCount = constantRowCount
    let (shapes, spreads) = (1.7...3.3, 0.7...1.3)
    guard
      count >= 64 && columns >= 64 && shapes.contains(kurtosis)
        && spreads.contains(rowSpread) && spreads.contains(columnSpread)
        && abs(mean) < 5 * standardDeviation / number.squareRoot()
    else {
      looksFresh = false
      return
    }
    // Few matrices come here, so that their rows are not kept above but read again.
    var overlap = RowOverlap(of: count, columns)
    for offset in offsets {
      decoder.decode(bytes, at: offset, into: &row)
      overlap.add(row)
    }
    looksFresh = abs(overlap.deviation) < 4
  }

  /// The coefficient of variation of sums of squares of `count` numbers each, as a multiple of what
  /// chance gives.
  private static func spread(_ energies: [Double], of count: Int, kurtosis: Double) -> Double {
    let mean = energies.reduce(0, +) / Double(energies.count)
    guard mean > 0, kurtosis > 1 else { return 0 }
    let variance =
      energies.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(energies.count)
    return variance.squareRoot() / mean / ((kurtosis - 1) / Double(count)).squareRoot()
  }
}
