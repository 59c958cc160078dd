import Synchronization
public import TandemBytes

/// A part of a payload on its way to a file.
public struct PayloadCopy: Sendable {
  public let payload: Int
  /// The bytes of the payload.
  public let range: Range<Int>
  /// Where they go in the file.
  public let target: Int

  public init(payload: Int, range: Range<Int>, target: Int) {
    self.payload = payload
    self.range = range
    self.target = target
  }
}

/// The blocks of a bundle that have been found to have their digests, so that none is hashed for
/// each of the small pieces that a file may be made of.
public final class CheckedBlocks: Sendable {
  private let flags: Mutex<[Bool]>

  /// - Complexity: O(blocks), one byte a block.
  public init(of bundle: TandemBundle) {
    flags = Mutex([Bool](repeating: false, count: bundle.blockCount))
  }

  fileprivate func contains(_ block: Int) -> Bool { flags.withLock { $0[block] } }

  fileprivate func insert(_ block: Int) { flags.withLock { $0[block] = true } }
}

extension TandemBundle {
  /// The number of 1 MiB blocks of all payloads.
  var blockCount: Int {
    let count = directory.payloadCount
    return count > 0 ? blocks(ofPayload: count - 1).upperBound : 0
  }

  /// The blocks of a payload; none if it is empty.
  func blocks(ofPayload index: Int) -> Range<Int> {
    let payload = directory.payload(index)
    let first = Int(payload.firstBlock)
    return first..<first + BlockDigest.blockCount(ofByteCount: Int(payload.byteCount))
  }

  /// The digest that a block must have.
  func storedDigest(ofBlock block: Int) -> Digest {
    // The directory's check has made sure that section 0 holds the digests of all blocks.
    Digest(file.bytes, at: Int(directory.section(0).offset) + block * Digest.byteCount)
  }

  /// A block's place in the file.
  func range(ofBlock block: Int) -> Range<Int> {
    let payload = directory.payload(payloadIndex(ofBlock: block))
    let range = BlockDigest.range(
      ofBlock: block - Int(payload.firstBlock), byteCount: Int(payload.byteCount))
    let start = Int(payload.offset)
    return start + range.lowerBound..<start + range.upperBound
  }

  /// The payload that a block belongs to: the last one that starts at or before it and is not
  /// empty.
  private func payloadIndex(ofBlock block: Int) -> Int {
    var low = 0
    var high = directory.payloadCount
    while low < high {
      let middle = (low + high) / 2
      if blocks(ofPayload: middle).upperBound <= block { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func damagedBlock(_ block: Int) -> Finding {
    let payload = payloadIndex(ofBlock: block)
    let tensor = (0..<tensorCount).first { payloadIndex(ofTensorAt: $0) == payload }
    return Finding(
      BundleRule.blockDigest, in: file.path, item: tensor.map(tensorName(at:)),
      at: range(ofBlock: block).lowerBound, "the 1 MiB block from here does not have its digest",
      remedy: "copy the bundle again, or pack it again")
  }

  /// Writes parts of payloads to a file on all cores, checking the digest of every block that is
  /// touched.
  ///
  /// - Parameters:
  ///   - copies: In the order of their targets.
  ///   - checked: The blocks that need no check any more; those that are touched come to them.
  /// - Throws: ``Finding`` for a block that is damaged, ``FileError`` if a write fails.
  public func copy(
    _ copies: [PayloadCopy], to output: OutputFile, checked: CheckedBlocks,
    progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws {
    let pieces = copies.flatMap { copy in blocks(of: copy).map { piece(of: copy, inBlock: $0) } }
    _ = try output.writePieces(pieces.count, place: { pieces[$0].target }) { index, stretch in
      let piece = pieces[index]
      try check(piece.block, checked)
      stretch.add(file.bytes.extracting(piece.source), at: piece.target.lowerBound)
      progress(piece.source.count)
      return 0
    }
  }

  private func check(_ block: Int, _ checked: CheckedBlocks) throws(Finding) {
    if checked.contains(block) { return }
    let bytes = file.bytes.extracting(range(ofBlock: block))
    guard SHA256Hasher.digest(of: bytes) == storedDigest(ofBlock: block) else {
      throw damagedBlock(block)
    }
    checked.insert(block)
  }

  /// The blocks that a part of a payload touches.
  private func blocks(of copy: PayloadCopy) -> Range<Int> {
    if copy.range.isEmpty { return 0..<0 }
    let first = Int(directory.payload(copy.payload).firstBlock)
    return first + copy.range.lowerBound / BlockDigest.blockByteCount..<first
      + (copy.range.upperBound - 1) / BlockDigest.blockByteCount + 1
  }

  /// What a block has of a part: where it lies in this file, and where it goes.
  private func piece(
    of copy: PayloadCopy, inBlock block: Int
  ) -> (block: Int, source: Range<Int>, target: Range<Int>) {
    let start = Int(directory.payload(copy.payload).offset)
    let source = range(ofBlock: block).clamped(
      to: start + copy.range.lowerBound..<start + copy.range.upperBound)
    let target = copy.target + source.lowerBound - start - copy.range.lowerBound
    return (block, source, target..<target + source.count)
  }
}
