/// How far the elements of two tensors, read as binary32, lie apart.
public struct ValueDifference: Hashable, Sendable, BitwiseCopyable {
  public private(set) var elementCount = 0
  /// The elements that differ; NaN equals NaN.
  public private(set) var differingCount = 0
  /// The first element that differs, counted row by row; meaningless if none does.
  public private(set) var firstDiffering = Int.max
  /// The elements that are NaN in one tensor only, or infinite in one only or with another sign.
  /// They take no part in the figures below.
  public private(set) var nonFiniteCount = 0
  /// The largest |a − b|.
  public private(set) var largestAbsolute = 0.0
  /// The largest |a − b| / max(|a|, |b|): 0 to 2.
  public private(set) var largestRelative = 0.0
  private var products = 0.0
  private var firstSquares = 0.0
  private var secondSquares = 0.0

  /// The cosine of the angle between both tensors as vectors, finite elements only; 1 if both are
  /// zero, 0 if one is.
  public var cosine: Double {
    if firstSquares == 0 || secondSquares == 0 { return firstSquares == secondSquares ? 1 : 0 }
    return products / (firstSquares.squareRoot() * secondSquares.squareRoot())
  }

  /// Adds the next element of each tensor.
  ///
  /// - Parameter index: The element's place in the tensor.
  @inline(__always)
  mutating func add(_ a: Float, _ b: Float, at index: Int) {
    elementCount += 1
    let (x, y) = (Double(a), Double(b))
    if a == b || a.isNaN && b.isNaN {
      guard a.isFinite else { return }
      products += x * y
      firstSquares += x * x
      secondSquares += y * y
      return
    }
    differingCount += 1
    firstDiffering = min(firstDiffering, index)
    guard a.isFinite && b.isFinite else {
      nonFiniteCount += 1
      return
    }
    let difference = (x - y).magnitude
    largestAbsolute = max(largestAbsolute, difference)
    largestRelative = max(largestRelative, difference / max(x.magnitude, y.magnitude))
    products += x * y
    firstSquares += x * x
    secondSquares += y * y
  }

  /// Adds the figures of another piece of the same tensors.
  mutating func merge(_ other: Self) {
    elementCount += other.elementCount
    differingCount += other.differingCount
    firstDiffering = min(firstDiffering, other.firstDiffering)
    nonFiniteCount += other.nonFiniteCount
    largestAbsolute = max(largestAbsolute, other.largestAbsolute)
    largestRelative = max(largestRelative, other.largestRelative)
    products += other.products
    firstSquares += other.firstSquares
    secondSquares += other.secondSquares
  }
}
