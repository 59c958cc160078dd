import TandemBytes
import TandemCheckpoints
import TandemTensors

/// Looks at a secondary that is to read tokens through the primary's embedding.
struct EmbeddingCheck {
  private(set) var findings = Findings()

  init(_ description: PairDescription, primary: Model?, secondary: Model?) {
    guard description.embedding == .primary, let secondary else { return }
    if let own = secondary.checkpoint.tensors.first(where: { $0.name == Self.name(in: secondary) })
    {
      findings.add(
        Finding(
          PairRule.borrowedEmbedding, in: secondary.checkpoint.files[own.fileIndex].file.path,
          item: own.name, at: own.byteRange.lowerBound,
          "the secondary has an embedding, and PAIR.json says that it reads the primary's",
          remedy: "take 'embedding' out of PAIR.json, or the tensor out of the secondary"))
    }
    if let width = secondary.configuration?.hiddenSize,
      let other = primary?.configuration?.hiddenSize, width != other
    {
      findings.add(
        description.finding(
          .borrowedEmbedding, "embedding",
          "the primary's embedding is \(other) wide, the secondary \(width); equal widths are needed"
        ))
    }
  }

  private static func name(in model: Model) -> String? {
    model.tensorMap?.name(of: .tokenEmbedding)
  }
}
