/// What a conversion of numbers lost. A conversion that keeps every value has a loss of zero.
public struct RecodingLoss: Hashable, Sendable, BitwiseCopyable {
  /// Finite numbers that became infinite or NaN, or the largest or smallest integer.
  public internal(set) var overflowCount = 0
  /// Numbers other than zero that became zero.
  public internal(set) var underflowCount = 0
  /// Numbers that were NaN before the conversion; they stay NaN where the target has it.
  public internal(set) var nanCount = 0
  /// The largest difference between a finite number and what became of it, if that is finite.
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
}
