/// The sums of products that the angle between two vectors is made of.
///
/// Each vector is divided by a power of two if need be: near the ends of binary64, squares would
/// overflow or vanish.
struct AngleSums: Hashable, Sendable, BitwiseCopyable {
  private var first = Scale()
  private var second = Scale()
  private var products = 0.0
  private var firstSquares = 0.0
  private var secondSquares = 0.0

  private struct Scale: Hashable, BitwiseCopyable {
    var exponent = 0
    /// 2^−exponent.
    var factor = 1.0

    init() {}

    init(largest: Double) {
      if largest == 0 || (0x1p-400...0x1p400).contains(largest) { return }
      // 2^1022 is the largest factor that binary64 has room for, with numbers above 1.
      exponent = max(Int(largest.exponent), -1022)
      factor = Double(sign: .plus, exponent: -exponent, significand: 1)
    }
  }

  /// Sums of vectors whose squares binary64 holds, as it does all of binary32.
  init() {}

  /// Sums of vectors whose largest elements are of these magnitudes, of those that will be added.
  init(largestFirst: Double, largestSecond: Double) {
    first = Scale(largest: largestFirst)
    second = Scale(largest: largestSecond)
  }

  /// The cosine of the angle; 1 if both vectors are zero, 0 if one is.
  var cosine: Double {
    if firstSquares == 0 || secondSquares == 0 { return firstSquares == secondSquares ? 1 : 0 }
    return products / (firstSquares.squareRoot() * secondSquares.squareRoot())
  }

  /// Adds the next, finite element of each vector.
  @inline(__always)
  mutating func add(_ a: Double, _ b: Double) {
    let (x, y) = (a * first.factor, b * second.factor)
    products += x * y
    firstSquares += x * x
    secondSquares += y * y
  }

  /// Adds the sums of other elements of the same vectors.
  mutating func merge(_ other: Self) {
    var other = other
    // Of two powers the larger, but that of zeros says nothing.
    let useOtherFirst =
      firstSquares == 0 || other.firstSquares != 0 && other.first.exponent > first.exponent
    let useOtherSecond =
      secondSquares == 0 || other.secondSquares != 0 && other.second.exponent > second.exponent
    let shared = (
      useOtherFirst ? other.first : first, useOtherSecond ? other.second : second
    )
    rescale(shared.0, shared.1)
    other.rescale(shared.0, shared.1)
    products += other.products
    firstSquares += other.firstSquares
    secondSquares += other.secondSquares
  }

  private mutating func rescale(_ first: Scale, _ second: Scale) {
    func factor(_ old: Scale, _ new: Scale, _ squares: Double) -> Double {
      squares == 0
        ? 1 : Double(sign: .plus, exponent: old.exponent - new.exponent, significand: 1)
    }
    let a = factor(self.first, first, firstSquares)
    let b = factor(self.second, second, secondSquares)
    products *= a * b
    firstSquares *= a * a
    secondSquares *= b * b
    (self.first, self.second) = (first, second)
  }
}
