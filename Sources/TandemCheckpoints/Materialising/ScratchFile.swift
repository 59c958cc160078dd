import TandemBytes
import Synchronization

/// A file without a name, for tensors that have to be put in place.
struct ScratchFile: Sendable {
  /// How much is written at a time.
  static let pieceByteCount = 1 << 20

  private let output: OutputFile

  /// - Throws: ``FileError`` if there is no room.
  init(byteCount: Int) throws(FileError) {
    output = try Self.unnamed()
    try output.reserve(byteCount)
  }

  /// A file that takes room only for what is written to it; the rest reads as zero.
  ///
  /// - Throws: ``FileError`` if it cannot be made.
  init(sparseByteCount byteCount: Int) throws(FileError) {
    output = try Self.unnamed()
    if byteCount > 0 { try output.write([UInt8(0)].rawSpan, at: byteCount - 1) }
  }

  private static func unnamed() throws(FileError) -> OutputFile {
    try OutputFile(path: Paths.join(Paths.temporaryFolder, "tandem-scratch"), replacing: true)
  }

  func write(_ bytes: RawSpan, at offset: Int) throws(FileError) {
    try output.write(bytes, at: offset)
  }

  /// The file, mapped; it goes with the mapping.
  ///
  /// - Parameter path: What findings call it.
  func mapped(as path: String) throws(FileError) -> MappedFile {
    try MappedFile(path: output.pathBeforeCommit, named: path)
  }
}

/// Places for tensors in a file, each at a multiple of 64 bytes as in a bundle.
struct ScratchLayout {
  private(set) var byteCount = 0

  /// - Precondition: The sum of all sizes is far below 2^63.
  mutating func place(byteCount count: Int) -> Range<Int> {
    let start = (byteCount + 63) / 64 * 64
    byteCount = start + count
    return start..<byteCount
  }
}

/// The first error that one of several threads met.
final class FirstFailure: Sendable {
  private let error = Mutex<(any Error)?>(nil)

  /// Does some work unless an error was met before.
  func attempt(_ work: () throws -> Void) {
    if error.withLock({ $0 != nil }) { return }
    do {
      try work()
    } catch let failure {
      error.withLock { $0 = $0 ?? failure }
    }
  }

  func rethrow() throws {
    if let error = error.withLock({ $0 }) { throw error }
  }
}
