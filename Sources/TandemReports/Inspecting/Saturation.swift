/// Sums and products of what a file says: too large a result is the largest integer, never a trap.
extension Int {
  func plus(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }

  func times(_ factor: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: factor)
    return overflow ? .max : product
  }
}

extension Sequence<Int> {
  /// The sum of counts.
  var total: Int { reduce(0) { $0.plus($1) } }
}
