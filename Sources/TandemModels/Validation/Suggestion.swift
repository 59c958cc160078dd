/// Finds for a name that is missing one that is there and nearly the same.
public struct Suggestion {
  private let candidates: [String]
  /// More than this many comparisons are not made: a checkpoint of another family has no near names
  /// anyway.
  private var budget = 40_000

  public init(_ candidates: [String]) { self.candidates = candidates }

  /// The nearest candidate, nil if there is none.
  ///
  /// - Parameter limit: The most differences; nil for three, and fewer for short names.
  public mutating func nearest(to name: String, limit: Int? = nil) -> String? {
    let limit = limit ?? min(3, name.utf8.count / 4)
    let name = Array(name.utf8)
    var best: (distance: Int, text: String)?
    for candidate in candidates where budget > 0 {
      let other = Array(candidate.utf8)
      guard abs(other.count - name.count) <= limit, Self.digits(other) == Self.digits(name) else {
        continue
      }
      budget -= 1
      let distance = Self.distance(name, other)
      if distance <= limit, distance < best?.distance ?? .max { best = (distance, candidate) }
    }
    return best?.text
  }

  /// The digits, in which near names must agree: layer 1 is not meant by layer 2.
  private static func digits(_ name: [UInt8]) -> [UInt8] {
    name.filter { (0x30...0x39).contains($0) }
  }

  /// The number of bytes to insert, delete or replace (Levenshtein).
  static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var row = Array(0...right.count)
    for (index, byte) in left.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in right.indices {
        let replaced = diagonal + (byte == right[column] ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
      }
    }
    return row[right.count]
  }
}
