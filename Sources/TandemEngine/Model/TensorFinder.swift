import TandemBundles
import TandemBytes
import TandemKernels
import TandemModels
import TandemTensors

/// Finds the tensors of a bundle's member by what they do.
struct TensorFinder {
  let bundle: TandemBundle
  let member: BundleMember
  let architecture: Architecture
  let model: ModelConfiguration
  private let map: TensorMap

  init(
    _ bundle: TandemBundle, _ member: BundleMember, _ architecture: Architecture,
    _ model: ModelConfiguration
  ) {
    self.bundle = bundle
    self.member = member
    self.architecture = architecture
    self.model = model
    let naming: TensorNaming = bundle.isFromGGUF(member) ? .gguf : .huggingFace
    map = TensorMap(architecture, naming, names: member.tensors.map(bundle.tensorName(at:)))
  }

  /// Whether queries and keys are stored so that neighbouring elements are rotated, as llama.cpp
  /// does for the first families that it knew.
  var rotatesNeighbours: Bool {
    guard map.naming == .gguf, let name = map.name(of: .query, layer: 0) else { return false }
    return map.place(of: name)?.change == .queryRowsInterleaved
  }

  /// Whether tensors have the names and layouts of GGUF.
  var isFromGGUF: Bool { map.naming == .gguf }

  func has(_ role: TensorRole, layer: Int? = nil) -> Bool {
    map.name(of: role, layer: layer).map { bundle.tensorIndex($0, of: member) != nil } ?? false
  }

  /// A matrix.
  ///
  /// Where transformers stores it the other way round (its `Conv1D`), this turns it, in memory.
  ///
  /// - Parameter rows: nil if any number is allowed.
  /// - Throws: ``Finding`` if it is missing, or has another shape or a type without products.
  func matrix(
    _ role: TensorRole, layer: Int? = nil, rows: Int?, columns: Int
  ) throws(Finding) -> StoredMatrix {
    let (name, index) = try find(role, isBias: false, layer)
    let tensor = bundle.tensor(at: index)
    let isTransposed = map.naming == .huggingFace && map.place(of: name)?.change == .transposed
    let change = isTransposed ? TensorChange.transposed : .none
    let dimensions = change.shape(tensor.shape).dimensions
    guard dimensions.count == 2, dimensions[1] == columns, dimensions[0] == rows ?? dimensions[0]
    else {
      let sizes = [rows.map(String.init) ?? "any", "\(columns)"]
      let expected = (isTransposed ? sizes.reversed() : sizes).joined(separator: ", ")
      throw wrongShape(name, tensor.shape, expected: "[\(expected)]")
    }
    guard WeightMatrix.supports(tensor.type, columnCount: columns) else {
      throw Finding(
        EngineRule.unsupportedType, in: bundle.file.path, item: name,
        "is \(tensor.type.name); products are made with " + Self.typeNames,
        remedy: "convert the model to one of these before packing it")
    }
    if isTransposed { return try turned(tensor, name) }
    return StoredMatrix(
      file: bundle.file, type: tensor.type, rowCount: dimensions[0], columnCount: columns,
      byteRange: bundle.payloadRange(at: bundle.payloadIndex(ofTensorAt: index)))
  }

  /// A matrix whose rows are the columns of a stored one.
  ///
  /// - Complexity: O(bytes): a copy is made.
  private func turned(
    _ tensor: borrowing TensorView, _ name: String
  ) throws(Finding) -> StoredMatrix {
    let shape = TensorChange.transposed.shape(tensor.shape)
    let rowCount = shape.dimensions[0]
    guard TensorChange.transposed.applies(to: tensor.type) else {
      throw Finding(
        EngineRule.unsupportedType, in: bundle.file.path, item: name,
        "is \(tensor.type.name), whose blocks cannot be turned from the way that transformers "
          + "stores them",
        remedy: "convert the model to GGUF before packing it")
    }
    var bytes: [UInt8] = []
    TensorChange.transposed.append(
      0..<rowCount, of: tensor.bytes, tensor.shape, tensor.type, to: &bytes)
    return try held(bytes, tensor.type, rowCount: rowCount, columnCount: shape.dimensions[1], name)
  }

  /// Rows of the embedding, one for each token that can be written.
  ///
  /// - Precondition: The embedding has these rows.
  /// - Throws: ``Finding`` if there is no memory for them.
  /// - Complexity: O(bytes): a copy is made, so that the rows are neighbours.
  func chosen(_ ids: [Int], of embedding: StoredMatrix) throws(Finding) -> StoredMatrix {
    try held(
      embedding.bytes(ofRows: ids), embedding.type, rowCount: ids.count,
      columnCount: embedding.columnCount, map.name(of: .tokenEmbedding))
  }

  private func held(
    _ bytes: [UInt8], _ type: ElementType, rowCount: Int, columnCount: Int, _ name: String?
  ) throws(Finding) -> StoredMatrix {
    do throws(FileError) {
      return StoredMatrix(
        file: try MappedFile(copying: bytes.rawSpan, path: bundle.file.path), type: type,
        rowCount: rowCount, columnCount: columnCount, byteRange: 0..<bytes.count)
    } catch {
      throw Finding(EngineRule.tooLarge, in: bundle.file.path, item: name, "\(error)")
    }
  }

  /// The numbers of a vector.
  ///
  /// - Throws: ``Finding`` if it is missing, or has another shape or no numbers.
  func vector(
    _ role: TensorRole, isBias: Bool = false, layer: Int? = nil, count: Int
  ) throws(Finding) -> [Float] {
    let (name, index) = try find(role, isBias: isBias, layer)
    let tensor = bundle.tensor(at: index)
    guard tensor.shape.dimensions == [count] else {
      throw wrongShape(name, tensor.shape, expected: "[\(count)]")
    }
    guard canReadNumbers(of: tensor.type) else {
      throw Finding(
        EngineRule.unsupportedType, in: bundle.file.path, item: name,
        "is \(tensor.type.name), which does not hold numbers")
    }
    var numbers = [Float](repeating: 0, count: count)
    var span = numbers.mutableSpan
    readNumbers(tensor.type, tensor.bytes, into: &span)
    // Gemma's norms multiply by 1 + weight, and only GGUF stores that sum.
    if map.naming == .huggingFace && map.place(of: name)?.change == .oneAdded {
      for index in numbers.indices { numbers[index] += 1 }
    }
    return numbers
  }

  /// A norm of rows.
  func norm(_ role: TensorRole, layer: Int? = nil, count: Int) throws(Finding) -> DecoderNorm {
    DecoderNorm(
      weight: try vector(role, layer: layer, count: count),
      bias: try optionalVector(role, isBias: true, layer: layer, count: count))
  }

  /// The numbers of a vector that some models lack: none then.
  func optionalVector(
    _ role: TensorRole, isBias: Bool = false, layer: Int? = nil, count: Int
  ) throws(Finding) -> [Float] {
    let name = map.name(of: role, isBias: isBias, layer: layer)
    if name.flatMap({ bundle.tensorIndex($0, of: member) }) == nil,
      !map.isRequired(role, isBias: isBias, in: model)
    {
      return []
    }
    return try vector(role, isBias: isBias, layer: layer, count: count)
  }

  private func find(
    _ role: TensorRole, isBias: Bool, _ layer: Int?
  ) throws(Finding) -> (name: String, index: Int) {
    let name = map.name(of: role, isBias: isBias, layer: layer)
    guard let name, let index = bundle.tensorIndex(name, of: member) else {
      throw Finding(
        EngineRule.missingTensor, in: bundle.file.path, item: name,
        "the member '\(member.name)' has no tensor for: \(role.rawValue)",
        remedy: "'tandem validate' lists all that is missing")
    }
    return (name, index)
  }

  private func wrongShape(_ name: String, _ shape: Shape, expected: String) -> Finding {
    Finding(
      EngineRule.wrongShape, in: bundle.file.path, item: name,
      "has the shape \(shape); the configuration says \(expected)")
  }

  /// The types that products are made with.
  private static let typeNames = ElementType.allCases
    .filter { WeightMatrix.supports($0, columnCount: $0.block.elementCount) }.map(\.name)
    .joined(separator: ", ")
}

extension TandemBundle {
  /// Whether a member's tensors have the names and layouts of GGUF.
  func isFromGGUF(_ member: BundleMember) -> Bool {
    fields(of: member)["source.format"] == .string("gguf")
  }
}
