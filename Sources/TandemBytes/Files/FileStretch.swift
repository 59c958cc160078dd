import Glibc

/// A stretch of a file that one thread assembles in memory before it goes to the disk.
///
/// The memory lies like the file: a byte's place in its 4 KiB page is the same in both, so that
/// whole pages can be written past the page cache.
@safe public struct FileStretch: ~Copyable {
  static let pageByteCount = 4096
  private static let hugePageByteCount = 2 << 20

  // SAFETY: allocated by `init`, freed by `deinit`, and never handed out but as spans that borrow.
  private let memory: UnsafeMutableRawBufferPointer
  /// The file offset of the memory's first byte: a multiple of the page.
  private var base = 0
  /// The file offsets between which bytes have been added.
  private(set) var range = 0..<0
  /// The file offsets of what was added last.
  private var latest = 0..<0

  /// - Parameter byteCount: The most that the stretch will hold, gaps included.
  init(byteCount: Int) {
    let needed = Self.memoryByteCount(for: byteCount)
    let isHuge = needed >= Self.hugePageByteCount
    unsafe memory = .allocate(
      byteCount: needed, alignment: isHuge ? Self.hugePageByteCount : Self.pageByteCount)
    // Where the kernel has no huge pages, nothing but the rate changes.
    if isHuge { unsafe _ = madvise(memory.baseAddress, memory.count, MADV_HUGEPAGE) }
  }

  /// The memory that a stretch takes: whole huge pages, unless it is short.
  ///
  /// A disk takes a few hundred ranges of memory in one request. Of huge pages few are needed, so
  /// that a request is as long as a write; of others it would have to be cut into several.
  static func memoryByteCount(for byteCount: Int) -> Int {
    let needed = byteCount + 2 * pageByteCount
    if needed < hugePageByteCount { return needed }
    return (needed + hugePageByteCount - 1) / hugePageByteCount * hugePageByteCount
  }

  deinit { unsafe memory.deallocate() }

  /// Copies bytes to their place.
  ///
  /// - Precondition: The place lies after what was added before; a gap becomes zeros.
  public mutating func add(_ bytes: RawSpan, at offset: Int) {
    let place = unsafe extend(to: offset, byteCount: bytes.byteCount)
    // SAFETY: `extend` has checked that the place lies in the memory.
    unsafe bytes.withUnsafeBytes { unsafe place.copyMemory(from: $0) }
  }

  /// Has a function write bytes to their place, which hold nothing defined before.
  ///
  /// - Precondition: As for ``add(_:at:)``; the function writes all of the span.
  public mutating func add<Result>(
    byteCount: Int, at offset: Int, _ write: (inout MutableRawSpan) throws -> Result
  ) rethrows -> Result {
    let place = unsafe extend(to: offset, byteCount: byteCount)
    // SAFETY: the place lies in the memory, which nobody else uses while this call lasts.
    var span = unsafe MutableRawSpan(_unsafeBytes: place)
    return try write(&span)
  }

  /// The bytes that were added last.
  public var latestBytes: RawSpan {
    @_lifetime(borrow self)
    get {
      // SAFETY: the place was filled by `add`; the span cannot outlive this value.
      let span = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(place(of: latest)))
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// Adds the zeros up to the end of a page if that belongs to nobody else.
  ///
  /// - Parameter next: Where the next stretch begins.
  mutating func fillPage(before next: Int) {
    let end = Self.page(of: range.upperBound + Self.pageByteCount - 1)
    if end <= next { _ = unsafe extend(to: end, byteCount: 0) }
  }

  /// Forgets what was added.
  mutating func clear() { range = 0..<0 }

  /// Gives the parts of pages at the ends away, or completes them with what a neighbour gave, so
  /// that whole pages are left.
  mutating func exchangeEnds(with ends: PageEnds) {
    let first = Self.page(of: range.lowerBound)
    if first < range.lowerBound {
      exchange(range.lowerBound..<min(first + Self.pageByteCount, range.upperBound), with: ends)
    }
    let last = Self.page(of: range.upperBound)
    if !range.isEmpty, last < range.upperBound {
      exchange(max(last, range.lowerBound)..<range.upperBound, with: ends)
    }
  }

  private mutating func exchange(_ part: Range<Int>, with ends: PageEnds) {
    let page = Self.page(of: part.lowerBound)
    if let whole = ends.join(PageEnds.Part(range: part, bytes: bytes(part).array), page: page) {
      range = min(range.lowerBound, page)..<max(range.upperBound, page + Self.pageByteCount)
      // SAFETY: the page lies in the memory, because a part of it does.
      unsafe place(of: page..<page + Self.pageByteCount).copyBytes(from: whole)
    } else if part.lowerBound == range.lowerBound {
      range = part.upperBound..<range.upperBound
    } else {
      range = range.lowerBound..<part.lowerBound
    }
  }

  /// The bytes of a part of the stretch.
  @_lifetime(borrow self)
  func bytes(_ part: Range<Int>) -> RawSpan {
    precondition(part.clamped(to: range) == part, "stretch: these bytes were not added")
    // SAFETY: all bytes of the range have been filled; the span cannot outlive this value.
    let span = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(place(of: part)))
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// The file offset at which the page of an offset begins.
  private static func page(of offset: Int) -> Int { offset & ~(pageByteCount - 1) }

  private func place(of part: Range<Int>) -> UnsafeMutableRawBufferPointer {
    // SAFETY: rebasing checks the bounds.
    unsafe UnsafeMutableRawBufferPointer(
      rebasing: memory[part.lowerBound - base..<part.upperBound - base])
  }

  private mutating func extend(
    to offset: Int, byteCount: Int
  ) -> UnsafeMutableRawBufferPointer {
    if range.isEmpty {
      base = Self.page(of: offset)
      range = offset..<offset
    }
    precondition(offset >= range.upperBound, "stretch: bytes are added out of order")
    let capacity = unsafe memory.count
    precondition(offset + byteCount - base <= capacity, "stretch: too long")
    // SAFETY: the gap lies in the memory, by the line above.
    unsafe place(of: range.upperBound..<offset).initializeMemory(as: UInt8.self, repeating: 0)
    latest = offset..<offset + byteCount
    range = range.lowerBound..<latest.upperBound
    return unsafe place(of: latest)
  }
}
