import TandemBytes
import TandemCheckpoints
import TandemTensors

/// Looks at a head that is stored although the embedding is said to be the head.
enum HeadCheck {
  /// The bytes that are compared if not all are: this many at this many places.
  private static let sampleByteCount = 64 << 10
  private static let sampleCount = 16

  /// - Parameter comparesAll: Whether all bytes are compared, rather than a megabyte of them.
  static func finding(
    _ checkpoint: Checkpoint, _ model: ModelConfiguration, _ map: TensorMap, comparesAll: Bool
  ) -> Finding? {
    guard model.tiesEmbeddings, let headName = map.name(of: .head),
      let embeddingName = map.name(of: .tokenEmbedding),
      let head = checkpoint.tensors.first(where: { $0.name == headName }),
      let embedding = checkpoint.tensors.first(where: { $0.name == embeddingName }),
      // Others are compared once they are in place, which reading all values does.
      head.form == .inPlace, embedding.form == .inPlace
    else { return nil }
    let path = checkpoint.files[head.fileIndex].file.path
    let headFile = checkpoint.files[head.fileIndex].file
    let embeddingFile = checkpoint.files[embedding.fileIndex].file
    let isEqual =
      head.type == embedding.type && head.shape == embedding.shape
      && equal(
        headFile.bytes.extracting(head.byteRange),
        embeddingFile.bytes.extracting(embedding.byteRange), comparesAll)
    if isEqual {
      return Finding(
        ModelRule.redundantHead, in: path, item: head.name, at: head.byteRange.lowerBound,
        "the head is stored though '\(embedding.name)' stands for it, and is equal to it",
        remedy: "\(head.byteCount) bytes can be saved by leaving it out")
    }
    return Finding(
      ModelRule.differingHead, in: path, item: head.name, at: head.byteRange.lowerBound,
      "the head is stored and differs from '\(embedding.name)', which the configuration says is the head",
      remedy:
        "set tie_word_embeddings to false if the stored head was trained; some engines drop it now"
    )
  }

  private static func equal(_ left: RawSpan, _ right: RawSpan, _ comparesAll: Bool) -> Bool {
    guard left.byteCount == right.byteCount else { return false }
    if comparesAll || left.byteCount <= sampleByteCount * sampleCount { return left.equals(right) }
    for index in 0..<sampleCount {
      let start = (left.byteCount - sampleByteCount) / (sampleCount - 1) * index
      let range = start..<start + sampleByteCount
      if !left.extracting(range).equals(right.extracting(range)) { return false }
    }
    return true
  }
}
