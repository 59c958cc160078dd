import Synchronization
import TandemBytes
import TandemCheckpoints
import TandemKernels
import TandemTensors

/// Writes one file of a plan, or reads it again: pieces of tensors on all cores.
struct FileWriter {
  /// What writing a file has shown.
  struct Record {
    /// One for each tensor.
    var losses: [RecodingLoss]
    /// Names the bytes that were meant to be written; zero if they were not hashed.
    var digest: Digest
  }

  private let plan: ConversionPlan
  private let file: ConversionPlan.File
  private let recodings: [TensorRecoding]
  /// For each tensor, the number of its first piece; then the number of all.
  private let firstPieces: [Int]

  /// What becomes of a piece on its way.
  private struct Piece: BitwiseCopyable {
    var checksum: UInt32 = 0
    var digest = Digest.zero
  }

  init(_ plan: ConversionPlan, _ file: ConversionPlan.File) {
    self.plan = plan
    self.file = file
    // A thread has at most one buffer in hand and one waiting.
    let memory = max(64 << 10, plan.options.memoryByteCount / (2 * coreCount))
    var recodings: [TensorRecoding] = []
    var firstPieces = [0]
    for (index, place) in zip(file.tensors, file.layout.places) {
      let tensor = plan.tensors[index]
      let recoding = TensorRecoding(
        plan.source.tensors[tensor.source], as: tensor.output.type, at: place,
        memoryByteCount: memory)
      recodings.append(recoding)
      firstPieces.append((firstPieces.last ?? 0) + recoding.pieceCount)
    }
    self.recodings = recodings
    self.firstPieces = firstPieces
  }

  private var pieceCount: Int { firstPieces.last ?? 0 }

  /// Writes the file.
  ///
  /// - Parameters:
  ///   - isHashed: Whether the record names the bytes.
  ///   - progress: Called from several threads with a number of the output's bytes.
  /// - Throws: ``FileError``; then nothing is left at the path that was not there before.
  func write(isHashed: Bool, progress: (Int) -> Void) throws(FileError) -> Record {
    let output = try OutputFile(path: file.path, replacing: plan.mayReplace)
    try output.reserve(file.byteCount)
    let failure = Mutex<FileError?>(nil)
    let losses = Mutex([RecodingLoss](repeating: RecodingLoss(), count: file.tensors.count))
    let pool = BufferPool()
    let pieces = concurrentMap(pieceCount, inRunsOf: 4) { (number: Int) -> Piece in
      if failure.withLock({ $0 != nil }) { return Piece() }
      let (tensor, index) = piece(number)
      let place = recodings[tensor].place(ofPiece: index)
      var piece = Piece()
      do throws(FileError) {
        let loss = try recodings[tensor].withPiece(
          index, of: source(of: tensor).bytes, pool
        ) { bytes throws(FileError) in
          try output.write(bytes, at: place.lowerBound)
          if file.layout.needsChecksums { piece.checksum = CRC32.continued(0, with: bytes) }
          if isHashed { piece.digest = SHA256Hasher.digest(of: bytes) }
        }
        if loss != RecodingLoss() { losses.withLock { $0[tensor].merge(loss) } }
      } catch {
        failure.withLock { $0 = $0 ?? error }
        return piece
      }
      if place.count >= 1 << 20 { output.startWriteback(place) }
      progress(place.count)
      return piece
    }
    if let error = failure.withLock({ $0 }) { throw error }
    let frame = file.layout.frame(checksums: checksums(of: pieces))
    for piece in frame { try output.write(piece.bytes.rawSpan, at: piece.offset) }
    try output.commit()
    return Record(
      losses: losses.withLock { $0 },
      digest: isHashed ? Self.digest(frame.map(\.ownDigest) + pieces.map(\.digest)) : .zero)
  }

  /// Names the bytes that lie in the file now, as ``write(isHashed:progress:)`` names those that
  /// were meant.
  ///
  /// - Returns: nil if the file has another length.
  /// - Throws: ``FileError`` if there is no such file.
  func digestOfFile(progress: (Int) -> Void) throws(FileError) -> Digest? {
    let written = try MappedFile(path: file.path)
    guard written.byteCount == file.byteCount else { return nil }
    let pieces = concurrentMap(pieceCount, inRunsOf: 4) { (number: Int) -> Piece in
      let (tensor, index) = piece(number)
      let place = recodings[tensor].place(ofPiece: index)
      let bytes = written.bytes.extracting(place)
      let checksum = file.layout.needsChecksums ? CRC32.continued(0, with: bytes) : 0
      progress(place.count)
      return Piece(checksum: checksum, digest: SHA256Hasher.digest(of: bytes))
    }
    let frame = file.layout.frame(checksums: checksums(of: pieces))
    let parts = frame.map { piece in
      SHA256Hasher.digest(
        of: written.bytes.extracting(piece.offset..<piece.offset + piece.bytes.count))
    }
    return Self.digest(parts + pieces.map(\.digest))
  }

  private func source(of tensor: Int) -> MappedFile {
    let planned = plan.tensors[file.tensors.lowerBound + tensor]
    return plan.source.files[plan.source.tensors[planned.source].fileIndex].file
  }

  /// The tensor of the file that a piece belongs to, and the piece's place among its pieces.
  private func piece(_ number: Int) -> (tensor: Int, index: Int) {
    var low = 0
    var high = recodings.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if firstPieces[middle] <= number { low = middle } else { high = middle }
    }
    return (low, number - firstPieces[low])
  }

  /// The checksum of each tensor, from those of its pieces.
  private func checksums(of pieces: [Piece]) -> [UInt32] {
    recodings.indices.map { tensor in
      (0..<recodings[tensor].pieceCount).reduce(0) { whole, index in
        CRC32.joined(
          whole, pieces[firstPieces[tensor] + index].checksum,
          byteCount: recodings[tensor].place(ofPiece: index).count)
      }
    }
  }

  private static func digest(_ parts: [Digest]) -> Digest {
    var hasher = SHA256Hasher()
    for part in parts { hasher.update(part) }
    return hasher.finalize()
  }
}

extension FilePiece {
  fileprivate var ownDigest: Digest { SHA256Hasher.digest(of: bytes.rawSpan) }
}
