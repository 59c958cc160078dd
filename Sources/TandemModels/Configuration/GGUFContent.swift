import TandemBytes
import TandemCheckpoints
import TandemTensors

/// What a GGUF file tells about a model by holding it: tensors and tokens.
struct GGUFContent {
  let metadata: GGUFMetadata
  private let checkpoint: Checkpoint
  private let names: Set<String>

  init(_ metadata: GGUFMetadata, _ checkpoint: Checkpoint, _ names: Set<String>) {
    self.metadata = metadata
    self.checkpoint = checkpoint
    self.names = names
  }

  func has(_ names: String...) -> Bool { names.contains { self.names.contains($0) } }

  /// The number of tokens, or else of the rows of the embedding or of the head.
  var vocabularySize: Int? {
    let count =
      metadata.array("tokenizer.ggml.tokens")?.count ?? rows("token_embd.weight")
      ?? rows("output.weight")
    return count.flatMap { (1...Limit.vocabulary).contains($0) ? $0 : nil }
  }

  var tokenTypeCount: Int? {
    let count = metadata.int("tokenizer.ggml.token_type_count") ?? rows("token_types.weight")
    return count.flatMap { (1...Limit.vocabulary).contains($0) ? $0 : nil }
  }

  private func rows(_ name: String) -> Int? { tensor(name)?.shape.dimensions.first }

  private func tensor(_ name: String) -> TensorDescriptor? {
    checkpoint.tensors.first { $0.name == name }
  }

  /// The numbers of a small F32 vector.
  func numbers(_ name: String) -> [Double]? {
    guard let tensor = tensor(name), tensor.type == .f32, tensor.shape.rank == 1,
      tensor.elementCount <= Limit.heads
    else { return nil }
    let file = checkpoint.files[tensor.fileIndex].file
    let bytes = file.bytes.extracting(tensor.byteRange)
    var numbers: [Double] = []
    for index in 0..<tensor.elementCount {
      let number = Float(bitPattern: bytes.littleEndian(at: 4 * index))
      guard number.isFinite else { return nil }
      numbers.append(Double(number).roundedToSingle)
    }
    return numbers
  }
}

extension ConfigValue {
  /// The value of a pair; a list that gives each layer the same number is that number.
  init(_ value: GGUFValue, in metadata: GGUFMetadata) {
    switch value {
    case .unsigned(let number): self = .unsigned(number)
    case .signed(let number): self = number < 0 ? .negative(number) : .unsigned(UInt64(number))
    case .float(let number): self = .float(number)
    case .bool(let flag): self = .bool(flag)
    case .string(let text): self = .string(text)
    case .array(let array): self = Self.list(array, metadata)
    }
  }

  private static func list(_ array: GGUFArray, _ metadata: GGUFMetadata) -> ConfigValue {
    guard array.count <= Limit.layers else { return .unreadList(count: array.count) }
    if let flags = metadata.boolElements(of: array) { return .list(flags.map { .bool($0) }) }
    guard let numbers = metadata.unsignedElements(of: array) else {
      return .unreadList(count: array.count)
    }
    if let first = numbers.first, numbers.allSatisfy({ $0 == first }) { return .unsigned(first) }
    return .list(numbers.map { .unsigned($0) })
  }
}
