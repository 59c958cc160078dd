/// What a scan of numbers found: counts of the unusable ones, and extent and spread of the finite
/// ones.
///
/// The statistics of two stretches merge into those of both, so that cores can share the work.
public struct ValueStatistics: Hashable, Sendable, BitwiseCopyable {
  /// The number of values looked at, finite or not.
  public internal(set) var count = 0
  public internal(set) var nanCount = 0
  public internal(set) var infiniteCount = 0
  /// The smallest finite value; infinity if there is none.
  public internal(set) var minimum = Double.infinity
  /// The largest finite value; -infinity if there is none.
  public internal(set) var maximum = -Double.infinity
  /// Of the finite values.
  public internal(set) var sum = 0.0
  /// Of the finite values.
  public internal(set) var sumOfSquares = 0.0

  public init() {}

  public var finiteCount: Int { count - nanCount - infiniteCount }

  public var isAllFinite: Bool { nanCount == 0 && infiniteCount == 0 }

  /// Whether there are values and each is zero.
  public var isAllZero: Bool { isConstant && minimum == 0 }

  /// Whether there are values and all are the same finite one.
  public var isConstant: Bool { count > 0 && isAllFinite && minimum == maximum }

  /// The arithmetic mean of the finite values, 0 if there is none.
  public var mean: Double { finiteCount > 0 ? sum / Double(finiteCount) : 0 }

  /// The standard deviation of the finite values (of the population, not an estimate from a
  /// sample).
  public var standardDeviation: Double {
    guard finiteCount > 0 else { return 0 }
    let variance = sumOfSquares / Double(finiteCount) - mean * mean
    return max(variance, 0).squareRoot()
  }

  public mutating func merge(_ other: ValueStatistics) {
    count += other.count
    nanCount += other.nanCount
    infiniteCount += other.infiniteCount
    minimum = min(minimum, other.minimum)
    maximum = max(maximum, other.maximum)
    sum += other.sum
    sumOfSquares += other.sumOfSquares
  }

  /// Adds one value, as often as it occurs: the definition that every fast loop is tested against.
  mutating func add(_ value: Double, times: Int = 1) {
    count += times
    if value.isNaN {
      nanCount += times
    } else if value.isInfinite {
      infiniteCount += times
    } else if times > 0 {
      minimum = min(minimum, value)
      maximum = max(maximum, value)
      sum += value * Double(times)
      sumOfSquares += value * value * Double(times)
    }
  }
}
