/// Memory that starts on a cache line and grows on demand; what it held is lost when it grows.
@safe struct AlignedMemory: ~Copyable {
  private static let alignment = 64

  // SAFETY: allocated with `byteCount` bytes, freed before it is replaced and in deinit.
  private var memory = UnsafeMutableRawPointer.allocate(byteCount: 0, alignment: alignment)
  private var byteCount = 0

  deinit { unsafe memory.deallocate() }

  /// At least that many bytes, until the next call.
  @unsafe
  mutating func reserve(_ wanted: Int) -> UnsafeMutableRawPointer {
    if wanted > byteCount {
      unsafe memory.deallocate()
      unsafe memory = .allocate(byteCount: wanted, alignment: Self.alignment)
      byteCount = wanted
    }
    return unsafe memory
  }
}
