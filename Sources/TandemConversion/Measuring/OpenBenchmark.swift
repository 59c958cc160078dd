import TandemBundles
import TandemBytes

/// How long it takes until a bundle's first weight can be used, and how fast its tensors are read.
public struct OpenBenchmark: Sendable {
  public let tensorCount: Int
  public let byteCount: Int
  /// The times of opening the bundle and touching its first weight, shortest first.
  public let openings: [Duration]
  /// The bytes that were read to measure the rate.
  public let readByteCount: Int
  /// The time for that.
  public let readTime: Duration
  /// What was read, added up: without a use, the compiler could leave the reading out.
  public let checksum: UInt64

  /// More is not read: the rate does not change any more.
  private static let maximumReadByteCount = 4 << 30
  private static let chunkByteCount = 4 << 20

  /// Measures a bundle.
  ///
  /// - Parameter repetitions: How often it is opened, at least once.
  /// - Throws: What opening it throws.
  public init(path: String, repetitions: Int) throws {
    precondition(repetitions > 0, "OpenBenchmark: no repetitions")
    var openings: [Duration] = []
    var sum: UInt64 = 0
    let bundle = try TandemBundle(path: path)
    for _ in 0..<repetitions {
      let clock = ContinuousClock()
      let start = clock.now
      sum &+= try TandemBundle(path: path).firstByte
      openings.append(clock.now - start)
    }
    self.openings = openings.sorted()
    tensorCount = bundle.tensorCount
    byteCount = bundle.byteCount
    let chunks = Self.chunks(of: bundle)
    let start = ContinuousClock.now
    let sums = concurrentMap(chunks.count) { bundle.file.bytes.extracting(chunks[$0]).sumOfWords }
    readTime = ContinuousClock.now - start
    readByteCount = chunks.reduce(0) { $0 + $1.count }
    checksum = sums.reduce(sum, &+)
  }

  /// The ranges of tensor data that are read.
  private static func chunks(of bundle: TandemBundle) -> [Range<Int>] {
    var chunks: [Range<Int>] = []
    var left = maximumReadByteCount
    for section in bundle.sections where section.kind == .tensors {
      var start = section.storedRange.lowerBound
      while start < section.storedRange.upperBound, left > 0 {
        let end = min(start + min(chunkByteCount, left), section.storedRange.upperBound)
        chunks.append(start..<end)
        left -= end - start
        start = end
      }
    }
    return chunks
  }
}

extension TandemBundle {
  /// The first byte of the first tensor, 0 without one.
  fileprivate var firstByte: UInt64 {
    guard tensorCount > 0 else { return 0 }
    let bytes = tensor(at: 0).bytes
    return bytes.isEmpty ? 0 : UInt64(bytes.byte(at: 0))
  }
}
