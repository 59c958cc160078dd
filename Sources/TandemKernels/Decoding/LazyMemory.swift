import Glibc

/// Memory that is zero, and that the system gives page by page as it is written.
@safe struct LazyMemory: ~Copyable {
  // SAFETY: mapped with `byteCount` bytes in init, unmapped in deinit only.
  @unsafe let base: UnsafeMutableRawPointer
  private let byteCount: Int

  /// - Returns: nil if the system does not give that much address space.
  init?(byteCount: Int) {
    let byteCount = max(byteCount, 1)
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    let base = unsafe mmap(nil, byteCount, PROT_READ | PROT_WRITE, flags, -1, 0)
    guard let base = unsafe base, unsafe base != MAP_FAILED else { return nil }
    unsafe self.base = base
    self.byteCount = byteCount
  }

  deinit { unsafe munmap(base, byteCount) }
}
