import TandemBytes
import TandemCheckpoints
import TandemKernels
import TandemTensors

/// Finds 16-bit numbers that are stored as one type and declared as the other.
///
/// Weights lie around 0.02. As BF16 their upper bits are nearly the same, so that read as F16 they
/// are all about ±1: no zero, no tail, a kurtosis near 1. As F16 their bits make BF16 numbers
/// around 2^-50.
struct MisreadCheck {
  private(set) var findings = Findings()

  mutating func check(_ tensor: TensorDescriptor, of checkpoint: Checkpoint) {
    let file = checkpoint.files[tensor.fileIndex].file
    guard tensor.type == .f16 || tensor.type == .bf16,
      let sample = RowSample(
        of: file.bytes.extracting(tensor.byteRange), type: tensor.type, shape: tensor.shape),
      sample.rowCount * sample.rowLength >= 64
    else { return }
    let spread = sample.standardDeviation
    let other: ElementType
    if tensor.type == .f16 {
      guard sample.kurtosis < 1.6, (0.3...4).contains(spread) else { return }
      other = .bf16
    } else {
      guard spread > 0, spread < 1e-6 else { return }
      other = .f16
    }
    findings.add(
      Finding(
        PairRule.misreadType, in: file.path, item: tensor.name, at: tensor.byteRange.lowerBound,
        "as \(tensor.type.name) the numbers spread by \(Float(spread)) with a kurtosis of \(Float(sample.kurtosis)), "
          + "which no weights do; as \(other.name) they would look right",
        remedy: "the exporter declared \(tensor.type.name) and wrote \(other.name)"))
  }

  /// Looks at all matrices of a small network.
  mutating func check(_ network: Checkpoint) {
    for tensor in network.tensors { check(tensor, of: network) }
  }

  /// Looks at a model's embedding and head.
  mutating func check(_ model: Model) {
    let names = [TensorRole.tokenEmbedding, .head].compactMap { model.tensorMap?.name(of: $0) }
    for tensor in model.checkpoint.tensors where names.contains(tensor.name) {
      check(tensor, of: model.checkpoint)
    }
  }
}
