import Synchronization
import TandemBytes
import TandemCheckpoints
import TandemKernels
import TandemModels
import TandemTensors

/// Writes one file of a plan, or reads it again: pieces of tensors on all cores.
struct FileWriter: Sendable {
  /// What writing a file has shown.
  struct Record {
    /// One for each tensor.
    var losses: [RecodingLoss]
    /// Names the bytes that were meant to be written; zero if they were not hashed.
    var digest: Digest
  }

  private let plan: ConversionPlan
  private let file: ConversionPlan.File
  /// The memory for pieces of this file.
  private let memoryByteCount: Int
  /// The file's tensors in the order of their places.
  private let tensors: [Int]
  private let recodings: [TensorRecoding]
  /// For each tensor, the number of its first piece; then the number of all.
  private let firstPieces: [Int]

  /// What becomes of a piece on its way.
  private struct Piece: BitwiseCopyable, Sendable {
    var checksum: UInt32 = 0
    var digest = Digest.zero
  }

  init(_ plan: ConversionPlan, _ file: ConversionPlan.File) {
    self.plan = plan
    self.file = file
    let places = file.layout.places
    tensors = places.indices.sorted { (places[$0].lowerBound, $0) < (places[$1].lowerBound, $1) }
    memoryByteCount = plan.options.memoryByteCount / max(plan.concurrentFileCount, 1)
    let memory = max(64 << 10, memoryByteCount / OutputFile.maximumThreadCount)
    var recodings: [TensorRecoding] = []
    var firstPieces = [0]
    for index in tensors {
      let recoding = TensorRecoding(
        plan.tensors[file.tensors.lowerBound + index], at: places[index], memoryByteCount: memory)
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
  ///   - willCommit: Called with the digest when all is written but the file has no name yet.
  /// - Throws: ``FileError``; then nothing is left at the path that was not there before.
  func write(
    isHashed: Bool, progress: @escaping @Sendable (Int) -> Void,
    willCommit: (Digest) throws -> Void
  ) throws -> Record {
    let output = try OutputFile(path: file.path, replacing: plan.mayReplace)
    try output.reserve(file.byteCount)
    let losses = Mutex([RecodingLoss](repeating: RecodingLoss(), count: file.tensors.count))
    let needsChecksums = file.layout.needsChecksums
    // The files of a large model go past the page cache however small each of them is.
    let isLarge = plan.tensorByteCount >= OutputFile.directByteCount
    let pieces = try output.writePieces(
      pieceCount, place: place(ofPiece:),
      directByteCount: isLarge ? 0 : OutputFile.directByteCount,
      memoryByteCount: memoryByteCount
    ) { number, stretch -> Piece in
      let (tensor, index) = piece(number)
      let loss = plan.withBytes(of: file.tensors.lowerBound + tensors[tensor]) { bytes in
        recodings[tensor].addPiece(index, of: bytes, to: &stretch)
      }
      if loss != RecodingLoss() { losses.withLock { $0[tensors[tensor]].merge(loss) } }
      progress(place(ofPiece: number).count)
      // What is hashed is what will be written, even if somebody changes the source meanwhile.
      return Piece(
        checksum: needsChecksums ? CRC32.continued(0, with: stretch.latestBytes) : 0,
        digest: isHashed ? SHA256Hasher.digest(of: stretch.latestBytes) : .zero)
    }
    let frame = file.layout.frame(checksums: checksums(of: pieces))
    for piece in frame { try output.write(piece.bytes.rawSpan, at: piece.offset) }
    let digest =
      isHashed ? Self.digest(frame.map(\.ownDigest) + pieces.map(\.digest)) : Digest.zero
    try willCommit(digest)
    try output.commit()
    return Record(losses: losses.withLock { $0 }, digest: digest)
  }

  /// Names the bytes that lie in the file now, as ``write(isHashed:progress:willCommit:)`` names those that
  /// were meant.
  ///
  /// - Returns: nil if the file has another length.
  /// - Throws: ``FileError`` if there is no such file.
  func digestOfFile(progress: (Int) -> Void) throws(FileError) -> Digest? {
    let written = try MappedFile(path: file.path)
    guard written.byteCount == file.byteCount else { return nil }
    let pieces = concurrentMap(pieceCount, inRunsOf: 4) { (number: Int) -> Piece in
      let place = place(ofPiece: number)
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

  /// Where a piece of the file goes.
  private func place(ofPiece number: Int) -> Range<Int> {
    let (tensor, index) = piece(number)
    return recodings[tensor].place(ofPiece: index)
  }

  /// The tensor that a piece belongs to, counted in the order of their places, and the piece's place
  /// among its pieces.
  private func piece(_ number: Int) -> (tensor: Int, index: Int) {
    var low = 0
    var high = recodings.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if firstPieces[middle] <= number { low = middle } else { high = middle }
    }
    return (low, number - firstPieces[low])
  }

  /// The checksum of each tensor, from those of its pieces, in the order of the layout.
  private func checksums(of pieces: [Piece]) -> [UInt32] {
    var checksums = [UInt32](repeating: 0, count: tensors.count)
    for (number, tensor) in tensors.enumerated() {
      for piece in firstPieces[number]..<firstPieces[number + 1] {
        checksums[tensor] = CRC32.joined(
          checksums[tensor], pieces[piece].checksum, byteCount: place(ofPiece: piece).count)
      }
    }
    return checksums
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

extension ConversionPlan {
  /// Passes the bytes that a tensor is made from.
  fileprivate func withBytes<Result>(
    of tensor: Int, _ body: (RawSpan) -> Result
  ) -> Result {
    switch tensors[tensor].source {
    case .stored(let index):
      let descriptor = source.tensors[index]
      let file = source.files[descriptor.fileIndex].file
      return body(file.bytes.extracting(descriptor.byteRange))
    case .numbers(let numbers): return body(numbers.rawSpan)
    }
  }
}
