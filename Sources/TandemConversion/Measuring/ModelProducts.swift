import Synchronization
import TandemBytes
import TandemCheckpoints
import TandemKernels
import TandemModels
import TandemTensors

/// A matrix of weights in a mapped file, or converted in memory.
struct StoredMatrix: Sendable {
  let type: ElementType
  let rowCount: Int
  let columnCount: Int
  private let bytes: Bytes

  private enum Bytes {
    case mapped(MappedFile, Range<Int>)
    case converted([UInt8])
  }

  /// - Returns: nil if the tensor is no matrix, or there are no products of its type.
  init?(_ tensor: TensorDescriptor, in checkpoint: Checkpoint, as encoding: ElementType?) {
    guard tensor.shape.dimensions.count == 2, tensor.form == .inPlace else { return nil }
    type = encoding ?? tensor.type
    rowCount = tensor.shape.dimensions[0]
    columnCount = tensor.shape.dimensions[1]
    guard WeightMatrix.supports(type, columnCount: columnCount) else { return nil }
    let file = checkpoint.files[tensor.fileIndex].file
    if type == tensor.type {
      bytes = .mapped(file, tensor.byteRange)
      return
    }
    let stored = file.bytes.extracting(tensor.byteRange)
    guard let converted = Self.converted(stored, tensor.elementCount, tensor.type, to: type) else {
      return nil
    }
    bytes = .converted(converted)
  }

  private static func converted(
    _ bytes: RawSpan, _ elementCount: Int, _ source: ElementType, to target: ElementType
  ) -> [UInt8]? {
    guard let recoding = Recoding(from: source, to: target) else { return nil }
    let block = target.block
    var output = [UInt8](repeating: 0, count: elementCount / block.elementCount * block.byteCount)
    var room = output.mutableRawSpan
    _ = recoding.convert(bytes, into: &room)
    return output
  }

  var byteCount: Int {
    switch bytes {
    case .mapped(_, let range): range.count
    case .converted(let bytes): bytes.count
    }
  }

  func withBytes<Result>(_ body: (RawSpan) -> Result) -> Result {
    switch bytes {
    case .mapped(let file, let range): body(file.bytes.extracting(range))
    case .converted(let bytes): body(bytes.rawSpan)
    }
  }

  func withView(_ body: (WeightMatrix) -> Void) {
    withBytes { bytes in
      body(WeightMatrix(type, rowCount: rowCount, columnCount: columnCount, bytes: bytes))
    }
  }
}

/// The matrices that a token meets on its way through a model, in order.
struct ModelProducts: Sendable {
  /// Matrices that share their activations.
  struct Call: Sendable {
    let matrices: [StoredMatrix]
    let isHead: Bool

    /// Of a block, the tokens that meet these matrices.
    func tokenCount(ofBlock count: Int) -> Int {
      isHead && count > ProductBenchmark.longestBlock ? 1 : count
    }
  }

  let calls: [Call]

  /// - Returns: nil if the architecture is not known, or there are no products of its types.
  init?(_ model: Model, _ encoding: ElementType?) {
    guard let configuration = model.configuration, let map = model.tensorMap else { return nil }
    let tensors = Dictionary(
      model.checkpoint.tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    func call(_ roles: [TensorRole], layer: Int?) -> Call? {
      let matrices = roles.compactMap { role in
        map.name(of: role, layer: layer).flatMap { tensors[$0] }.flatMap {
          StoredMatrix($0, in: model.checkpoint, as: encoding)
        }
      }
      return matrices.isEmpty ? nil : Call(matrices: matrices, isHead: layer == nil)
    }
    let layerRoles: [[TensorRole]] = [
      [.queryKeyValue], [.query, .key, .value], [.attentionOutput], [.gateUp], [.gate, .up],
      [.down],
    ]
    let layers = (0..<configuration.layerCount).flatMap { layer in
      layerRoles.compactMap { call($0, layer: layer) }
    }
    // Without a head of its own, a model multiplies with its embedding.
    let head = call([.head], layer: nil) ?? call([.tokenEmbedding], layer: nil)
    guard !layers.isEmpty, let head else { return nil }
    calls = layers + [head]
  }

  private var matrices: [StoredMatrix] { calls.flatMap(\.matrices) }

  var byteCount: Int { matrices.reduce(0) { $0 + $1.byteCount } }
  var multiplicationCount: Int { matrices.reduce(0) { $0 + $1.rowCount * $1.columnCount } }

  /// Room for the outputs of any matrix and any block up to a length.
  func outputCount(longestBlock: Int) -> Int {
    calls.flatMap { call in
      [min(longestBlock, ProductBenchmark.longestBlock), longestBlock].flatMap { block in
        call.matrices.map { call.tokenCount(ofBlock: block) * $0.rowCount }
      }
    }.max() ?? 0
  }

  var largestColumnCount: Int { matrices.map(\.columnCount).max() ?? 0 }

  /// Reads all weights once, on all threads.
  func read(_ pool: ThreadPool) -> UInt64 {
    let total = Atomic<UInt64>(0)
    for matrix in matrices {
      matrix.withBytes { bytes in
        let pieceCount = (bytes.byteCount + Self.pieceByteCount - 1) / Self.pieceByteCount
        pool.run(pieceCount) { pieces in
          for piece in pieces {
            let start = piece * Self.pieceByteCount
            let end = min(start + Self.pieceByteCount, bytes.byteCount)
            total.wrappingAdd(bytes.extracting(start..<end).sumOfWords, ordering: .relaxed)
          }
        }
      }
    }
    return total.load(ordering: .relaxed)
  }

  private static let pieceByteCount = 64 << 10
}
