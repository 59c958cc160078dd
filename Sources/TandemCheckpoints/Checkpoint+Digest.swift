public import TandemBytes
import TandemTensors

extension Checkpoint {
  /// The digest that identifies the tensors (`schemas/bundle.md`, section 6), zero if there are
  /// none.
  ///
  /// Reads all tensor data, on all cores.
  ///
  /// - Parameter progress: Called from any thread with the number of bytes just hashed.
  /// - Complexity: O(*n*) in the bytes of all tensors; 48 bytes of memory for each MiB.
  public func tensorSetDigest(progress: @Sendable (Int) -> Void = { _ in }) -> Digest {
    if tensors.isEmpty { return .zero }
    // In the order of the file, so that it is read from front to back.
    let blocks = tensors.indices.flatMap { index in
      (0..<BlockDigest.blockCount(ofByteCount: tensors[index].byteCount)).map { (index, $0) }
    }
    let digests = concurrentMap(blocks.count) { number in
      let (index, block) = blocks[number]
      let tensor = tensors[index]
      let range = BlockDigest.range(ofBlock: block, byteCount: tensor.byteCount)
      let file = files[tensor.fileIndex].file
      progress(range.count)
      return SHA256Hasher.digest(
        of: file.bytes.extracting(tensor.byteRange).extracting(range))
    }
    var payloads: [Digest] = []
    var first = 0
    for tensor in tensors {
      let count = BlockDigest.blockCount(ofByteCount: tensor.byteCount)
      payloads.append(BlockDigest.root(ofBlocks: digests[first..<first + count]))
      first += count
    }
    var digest = TensorSetDigest()
    for (tensor, payload) in zip(tensors, payloads).sorted(by: { $0.0.precedes($1.0) }) {
      digest.add(
        name: Array(tensor.name.utf8).rawSpan, type: tensor.type, shape: tensor.shape,
        payload: payload)
    }
    return digest.finalize()
  }
}

extension TensorDescriptor {
  fileprivate func precedes(_ other: TensorDescriptor) -> Bool {
    name.utf8.lexicographicallyPrecedes(other.name.utf8)
  }
}
