/// What a conversion of numbers lost. A conversion that keeps every value loses nothing.
public struct RecodingLoss: Hashable, Sendable, BitwiseCopyable {
  /// Finite numbers that became infinite or NaN, or were limited to an integer type's range.
  public internal(set) var overflowCount = 0
  /// Numbers other than zero that became zero.
  public internal(set) var underflowCount = 0
  /// Numbers that were NaN before; they stay NaN where the target has it.
  public internal(set) var nanCount = 0
  /// The largest difference between a finite number and what became of it, overflows left out.
  public internal(set) var largestAbsoluteError = 0.0
  /// The largest such difference as a part of the number, zeros left out.
  public internal(set) var largestRelativeError = 0.0

  public init() {}

  /// Adds the loss of another stretch of the same tensor.
  public mutating func merge(_ other: RecodingLoss) {
    overflowCount += other.overflowCount
    underflowCount += other.underflowCount
    nanCount += other.nanCount
    largestAbsoluteError = max(largestAbsoluteError, other.largestAbsoluteError)
    largestRelativeError = max(largestRelativeError, other.largestRelativeError)
  }

  /// Adds what became of one number; nil if it was limited to a range.
  mutating func add(_ before: Double, became after: Double?) {
    if before.isNaN { nanCount += 1 }
    guard before.isFinite else { return }
    guard let after, after.isFinite else {
      overflowCount += 1
      return
    }
    if before != 0 && after == 0 { underflowCount += 1 }
    let error = abs(before - after)
    largestAbsoluteError = max(largestAbsoluteError, error)
    if before != 0 { largestRelativeError = max(largestRelativeError, error / abs(before)) }
  }
}
