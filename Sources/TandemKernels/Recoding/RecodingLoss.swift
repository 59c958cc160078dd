/// What a conversion of numbers lost. A conversion that keeps every value loses nothing.
public struct RecodingLoss: Hashable, Sendable, BitwiseCopyable {
  /// Numbers out of the target's range: finite ones that became infinite or NaN or were limited, and
  /// infinite ones that became anything else.
  public internal(set) var overflowCount = 0
  /// Numbers other than zero that became zero.
  public internal(set) var underflowCount = 0
  /// Numbers that were NaN before.
  public internal(set) var nanCount = 0
  /// Those of them that became numbers, because the target has no NaN.
  public internal(set) var lostNaNCount = 0
  /// The largest difference between a finite number and what became of it, overflows left out.
  public internal(set) var largestAbsoluteError = 0.0
  /// The largest such difference as a part of the number, zeros left out.
  public internal(set) var largestRelativeError = 0.0

  public init() {}

  /// Whether a value changed; NaN may become another NaN.
  public var isLoss: Bool {
    overflowCount > 0 || underflowCount > 0 || lostNaNCount > 0 || largestAbsoluteError > 0
  }

  /// Adds the loss of another stretch of the same tensor.
  public mutating func merge(_ other: RecodingLoss) {
    overflowCount += other.overflowCount
    underflowCount += other.underflowCount
    nanCount += other.nanCount
    lostNaNCount += other.lostNaNCount
    largestAbsoluteError = max(largestAbsoluteError, other.largestAbsoluteError)
    largestRelativeError = max(largestRelativeError, other.largestRelativeError)
  }

  /// Adds what became of one number; nil if it was limited to a range.
  mutating func add(_ before: ExactNumber, became after: ExactNumber?) {
    let error = after.map { before.distance(to: $0) } ?? 0
    add(before.value, became: after?.value ?? .nan, error: error)
  }

  /// Adds what became of one number, NaN if it was limited to a range.
  ///
  /// - Parameter error: Their difference: the two may be rounded here.
  mutating func add(_ before: Double, became after: Double, error: Double) {
    if before.isNaN {
      nanCount += 1
      if !after.isNaN { lostNaNCount += 1 }
    } else if before.isFinite && after.isFinite {
      if before != 0 && after == 0 { underflowCount += 1 }
      largestAbsoluteError = max(largestAbsoluteError, error)
      if before != 0 { largestRelativeError = max(largestRelativeError, error / abs(before)) }
    } else if before != after {
      overflowCount += 1
    }
  }
}
