import Synchronization

/// Buffers that go from one piece of work to the next: memory that is new costs more than the work.
final class BufferPool: Sendable {
  private let free = Mutex<[[UInt8]]>([])

  /// A buffer of a size, with any content.
  func take(byteCount: Int) -> [UInt8] {
    let found = free.withLock { free in
      free.firstIndex { $0.count == byteCount }.map { free.remove(at: $0) } ?? free.popLast()
    }
    guard var buffer = found else { return [UInt8](repeating: 0, count: byteCount) }
    if buffer.count > byteCount {
      buffer.removeLast(buffer.count - byteCount)
    } else {
      buffer.append(contentsOf: repeatElement(0, count: byteCount - buffer.count))
    }
    return buffer
  }

  /// Takes a buffer back.
  func give(_ buffer: consuming [UInt8]) {
    let returned = buffer
    free.withLock { $0.append(returned) }
  }
}
