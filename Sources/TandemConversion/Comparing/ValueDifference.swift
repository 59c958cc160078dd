/// How far the elements of two tensors lie apart.
public struct ValueDifference: Hashable, Sendable, BitwiseCopyable {
  public private(set) var elementCount = 0
  /// The elements that differ; NaN equals NaN.
  public private(set) var differingCount = 0
  /// The first element that differs, counted row by row; meaningless if none does.
  public private(set) var firstDiffering = Int.max
  /// The elements that are NaN in one tensor only, or infinite in one only or with another sign.
  /// They take no part in the figures below.
  public private(set) var nonFiniteCount = 0
  /// The largest |a − b|; the largest finite number if that overflows.
  public private(set) var largestAbsolute = 0.0
  /// The largest |a − b| / max(|a|, |b|): 0 to 2.
  public private(set) var largestRelative = 0.0
  private var angle: AngleSums

  /// - Parameter angle: Sums without elements, scaled to the tensors'.
  init(_ angle: AngleSums = AngleSums()) { self.angle = angle }

  /// The cosine of the angle between both tensors as vectors, finite elements only; 1 if both are
  /// zero, 0 if one is.
  public var cosine: Double { angle.cosine }

  /// Adds the next element of each tensor.
  ///
  /// - Parameter index: The element's place in the tensor.
  @inline(__always)
  mutating func add(_ a: Double, _ b: Double, at index: Int) {
    add(a, b, (a - b).magnitude, isSame: a == b || a.isNaN && b.isNaN, at: index)
  }

  mutating func add(_ a: WideNumber, _ b: WideNumber, at index: Int) {
    add(a.nearest, b.nearest, a.distance(to: b), isSame: a.isSame(as: b), at: index)
  }

  @inline(__always)
  private mutating func add(
    _ a: Double, _ b: Double, _ distance: Double, isSame: Bool, at index: Int
  ) {
    elementCount += 1
    if !isSame {
      differingCount += 1
      firstDiffering = min(firstDiffering, index)
    }
    guard a.isFinite && b.isFinite else {
      if !isSame { nonFiniteCount += 1 }
      return
    }
    angle.add(a, b)
    if isSame { return }
    largestAbsolute = max(largestAbsolute, min(distance, .greatestFiniteMagnitude))
    let larger = max(a.magnitude, b.magnitude)
    // The distance of two numbers of binary64 may overflow, that of their halves does not.
    let relative =
      distance.isFinite ? distance / larger : (a / 2 - b / 2).magnitude / (larger / 2)
    largestRelative = max(largestRelative, relative)
  }

  /// Adds the figures of another piece of the same tensors.
  mutating func merge(_ other: Self) {
    elementCount += other.elementCount
    differingCount += other.differingCount
    firstDiffering = min(firstDiffering, other.firstDiffering)
    nonFiniteCount += other.nonFiniteCount
    largestAbsolute = max(largestAbsolute, other.largestAbsolute)
    largestRelative = max(largestRelative, other.largestRelative)
    angle.merge(other.angle)
  }
}
