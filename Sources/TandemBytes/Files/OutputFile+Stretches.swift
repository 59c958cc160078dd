import CLinux
import Glibc

extension OutputFile {
  /// From this size on, a file's bytes go past the page cache.
  ///
  /// Copying them into the cache and having the kernel write them from there halves the rate. What
  /// is smaller is likely to be read at once and better stays in the cache.
  public static let directByteCount = 256 << 20
  /// What a thread gathers before it writes: with a last piece of 1 MiB it fills two huge pages.
  /// Longer writes are no faster; memory grows.
  private static let stretchByteCount = 3 << 20 - 4 * FileStretch.pageByteCount

  /// The memory for the stretches of all threads, unless the caller says another: more threads than
  /// fit in it wait for the same disk, and a machine with many cores would hold many stretches.
  public static let stretchesByteCount = 40 << 20

  /// While a thread waits for the disk another one computes.
  public static var maximumThreadCount: Int { 2 * coreCount }

  /// Writes pieces of the file on all cores, each made by a function.
  ///
  /// Neighbouring pieces are gathered by one thread and written together.
  ///
  /// - Parameters:
  ///   - place: A piece's place in the file; places ascend with the index and do not overlap.
  ///   - make: Adds a piece, or a part of it, to the stretch; called once for each index, from
  ///     several threads.
  ///   - directByteCount: The bytes from which on they go past the page cache.
  ///   - memoryByteCount: The most memory for all stretches, as far as one thread needs no more.
  /// - Returns: What the function returned for each piece, in order.
  /// - Throws: ``FileError`` if writing fails, or what the function throws.
  /// - Complexity: O(*n*) in the bytes; memory for a few pieces and MiB a thread.
  public func writePieces<Result: BitwiseCopyable & Sendable>(
    _ count: Int, place: (Int) -> Range<Int>, directByteCount: Int = directByteCount,
    memoryByteCount: Int = stretchesByteCount,
    make: @Sendable (Int, inout FileStretch) throws -> Result
  ) throws -> [Result] {
    if count == 0 { return [] }
    let runs = PieceRuns(count, place: place, byteCount: Self.stretchByteCount)
    let direct = runs.byteCount >= directByteCount ? DirectWriting(descriptor) : nil
    let threadCount = min(
      Self.maximumThreadCount, memoryByteCount / FileStretch.memoryByteCount(for: runs.longest))
    let results = try concurrentMap(
      runs.list.count, onThreads: threadCount, with: { FileStretch(byteCount: runs.longest) }
    ) { number, stretch in
      let run = runs.list[number]
      let results = try run.pieces.map { try make($0, &stretch) }
      stretch.fillPage(before: run.nextPlace)
      try write(&stretch, past: direct)
      stretch.clear()
      return results
    }
    for part in direct?.ends.rest ?? [] {
      try write(part.bytes.rawSpan, at: part.range.lowerBound)
    }
    return results.flatMap { $0 }
  }

  /// Writes a stretch through the page cache, or its whole pages past it.
  private func write(
    _ stretch: inout FileStretch, past direct: DirectWriting?
  ) throws(FileError) {
    if let direct {
      stretch.exchangeEnds(with: direct.ends)
      if direct.write(stretch.bytes(stretch.range), at: stretch.range.lowerBound) { return }
    }
    try write(stretch.bytes(stretch.range), at: stretch.range.lowerBound)
  }
}

/// Pieces of a file in runs of neighbours.
private struct PieceRuns: Sendable {
  /// The pieces of each run, and where the next one begins; 0 after the last.
  private(set) var list: [(pieces: Range<Int>, nextPlace: Int)] = []
  /// The bytes of the longest run, gaps included.
  private(set) var longest = 0
  /// The bytes of all pieces.
  private(set) var byteCount = 0

  /// - Parameter byteCount: A run ends when it has this many bytes.
  init(_ count: Int, place: (Int) -> Range<Int>, byteCount limit: Int) {
    var first = 0
    var start = place(0).lowerBound
    for index in 0..<count {
      let end = place(index).upperBound
      byteCount += place(index).count
      let nextStart = index + 1 < count ? place(index + 1).lowerBound : Int.max
      precondition(nextStart >= end, "pieces: places do not ascend")
      if nextStart - start >= limit {
        list.append((first..<index + 1, index + 1 < count ? nextStart : 0))
        longest = max(longest, end - start)
        (first, start) = (index + 1, nextStart)
      }
    }
  }
}

/// Writes whole pages past the page cache, through a second descriptor of a file.
private final class DirectWriting: Sendable {
  let ends = PageEnds()
  private let descriptor: CInt

  /// nil if the file system has no such writes.
  init?(_ descriptor: CInt) {
    self.descriptor = unsafe open(
      "/proc/self/fd/\(descriptor)", O_WRONLY | O_CLOEXEC | clinux_O_DIRECT)
    if self.descriptor < 0 { return nil }
  }

  deinit { close(descriptor) }

  /// Writes whole pages; false if that fails for any reason: the cache's way then tells which.
  func write(_ pages: RawSpan, at offset: Int) -> Bool {
    // SAFETY: pwrite reads at most the buffer's bytes before the closure returns.
    unsafe pages.withUnsafeBytes {
      unsafe pwrite(descriptor, $0.baseAddress, $0.count, offset) == $0.count
    }
  }
}
