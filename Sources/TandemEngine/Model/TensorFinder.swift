import TandemBundles
import TandemBytes
import TandemKernels
import TandemModels
import TandemTensors

/// Finds the tensors of a bundle's member by what they do.
struct TensorFinder {
  let bundle: TandemBundle
  let member: BundleMember
  let map: TensorMap

  init(_ bundle: TandemBundle, _ member: BundleMember, _ architecture: Architecture) {
    self.bundle = bundle
    self.member = member
    let naming: TensorNaming = bundle.isFromGGUF(member) ? .gguf : .huggingFace
    map = TensorMap(architecture, naming, names: member.tensors.map(bundle.tensorName(at:)))
  }

  /// Whether queries and keys are stored so that neighbouring elements are rotated, as llama.cpp
  /// does for the first families that it knew.
  var rotatesNeighbours: Bool {
    guard map.naming == .gguf, let name = map.name(of: .query, layer: 0) else { return false }
    return map.place(of: name)?.change == .queryRowsInterleaved
  }

  func has(_ role: TensorRole, layer: Int? = nil) -> Bool {
    map.name(of: role, layer: layer).map { bundle.tensorIndex($0, of: member) != nil } ?? false
  }

  /// A matrix.
  ///
  /// - Parameter rows: nil if any number is allowed.
  /// - Throws: ``Finding`` if it is missing, or has another shape or a type without products.
  func matrix(
    _ role: TensorRole, layer: Int? = nil, rows: Int?, columns: Int
  ) throws(Finding) -> StoredMatrix {
    let (name, index) = try find(role, isBias: false, layer)
    let tensor = bundle.tensor(at: index)
    let dimensions = tensor.shape.dimensions
    guard dimensions.count == 2, dimensions[1] == columns, dimensions[0] == rows ?? dimensions[0]
    else {
      let expected = "[\(rows.map(String.init) ?? "any"), \(columns)]"
      throw wrongShape(name, tensor.shape, expected: expected)
    }
    guard WeightMatrix.supports(tensor.type, columnCount: columns) else {
      throw Finding(
        EngineRule.unsupportedType, in: bundle.file.path, item: name,
        "is \(tensor.type.name); products are made with " + Self.typeNames,
        remedy: "convert the model to one of these before packing it")
    }
    return StoredMatrix(
      type: tensor.type, rowCount: dimensions[0], columnCount: columns,
      byteRange: bundle.payloadRange(at: bundle.payloadIndex(ofTensorAt: index)))
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
    return numbers
  }

  /// The numbers of a vector that some models lack: none then.
  func optionalVector(
    _ role: TensorRole, isBias: Bool = false, layer: Int? = nil, count: Int
  ) throws(Finding) -> [Float] {
    guard let name = map.name(of: role, isBias: isBias, layer: layer),
      bundle.tensorIndex(name, of: member) != nil
    else { return [] }
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
