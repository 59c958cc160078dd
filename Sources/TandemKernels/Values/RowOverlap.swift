/// How far rows of a matrix point in directions of their own.
///
/// The squared cosine of two rows of n independent numbers has the mean 1 / n and the variance 2 /
/// n². In trained matrices rows share directions, or avoid each other's.
struct RowOverlap {
  private let rowCount: Int
  private let rowLength: Int
  /// The rows, each of length 1, one after the other.
  private var directions: [Float] = []

  /// Looks at no more than the first 4,096 columns, which bounds memory and work.
  init(of rowCount: Int, _ columns: Int) {
    self.rowCount = rowCount
    rowLength = min(columns, 4096)
    directions.reserveCapacity(rowCount * rowLength)
  }

  mutating func add(_ row: [Float]) {
    let head = row.prefix(rowLength)
    let length = head.reduce(0) { $0 + $1 * $1 }.squareRoot()
    directions.append(contentsOf: head.lazy.map { length > 0 ? $0 / length : 0 })
  }

  /// How far the mean squared cosine of two rows is from what chance gives, in standard errors.
  ///
  /// - Complexity: O(rows² · columns).
  var deviation: Double {
    let pairCount = Double(rowCount * (rowCount - 1) / 2)
    guard pairCount > 0 else { return 0 }
    var sum = 0.0
    for first in 1..<rowCount {
      for second in 0..<first {
        let cosine = Double(product(first, second))
        sum += cosine * cosine
      }
    }
    return (sum / pairCount * Double(rowLength) - 1) * (pairCount / 2).squareRoot()
  }

  private func product(_ first: Int, _ second: Int) -> Float {
    var sum: Float = 0
    let (first, second) = (first * rowLength, second * rowLength)
    for column in 0..<rowLength {
      sum += directions[first + column] * directions[second + column]
    }
    return sum
  }
}
