import TandemBundles
import TandemBytes
import TandemKernels
import TandemModels
import TandemTensors

/// The tensors of a small network beside the models: its relation names them by their layers.
struct NetworkTensors {
  let bundle: TandemBundle
  let member: BundleMember
  let fields: RelationFields
  private let weight: NamePattern
  private let biasPattern: NamePattern?

  /// - Parameter kind: The relation's: `projection` or `router`.
  /// - Throws: ``Finding`` if the bundle has no such relation, or it names no weights.
  init(_ bundle: TandemBundle, _ kind: String) throws(Finding) {
    guard let relation = bundle.relations.first(where: { $0.kind == kind }) else {
      throw Finding(
        PairRunRule.field, in: bundle.file.path, item: kind,
        "the bundle has no relation of this kind", remedy: "pack the pair again")
    }
    fields = RelationFields(relation, in: bundle.file.path)
    self.bundle = bundle
    member = bundle.members[relation.from]
    guard let pattern = NamePattern(try fields.text("weight")) else {
      throw Finding(
        PairRunRule.field, in: bundle.file.path, item: "\(kind).weight",
        "has no {j} in the layer's place")
    }
    weight = pattern
    if case .string(let text)? = relation.fields["bias"] {
      biasPattern = NamePattern(text)
    } else {
      biasPattern = nil
    }
  }

  /// A layer: (rows, columns), with its bias if the relation names one.
  ///
  /// - Parameter rows: nil if any number is allowed.
  /// - Throws: ``Finding`` if a tensor is missing, or has another shape or a type without products.
  func layer(_ number: Int, rows: Int?, columns: Int) throws(Finding) -> Projection {
    let weight = try matrix(number, rows: rows, columns: columns)
    return Projection(weight: weight, bias: try bias(number, count: weight.rowCount))
  }

  private func matrix(_ layer: Int, rows: Int?, columns: Int) throws(Finding) -> StoredMatrix {
    let name = weight.name(layer)
    let index = try index(of: name)
    let tensor = bundle.tensor(at: index)
    let dimensions = tensor.shape.dimensions
    guard dimensions.count == 2, dimensions[1] == columns, dimensions[0] == rows ?? dimensions[0]
    else {
      throw wrongShape(name, "\(tensor.shape)", "[\(rows.map(String.init) ?? "any"), \(columns)]")
    }
    guard WeightMatrix.supports(tensor.type, columnCount: columns) else {
      throw Finding(
        EngineRule.unsupportedType, in: bundle.file.path, item: name,
        "is \(tensor.type.name), which products are not made with")
    }
    return StoredMatrix(
      file: bundle.file, type: tensor.type, rowCount: dimensions[0], columnCount: columns,
      byteRange: bundle.payloadRange(at: bundle.payloadIndex(ofTensorAt: index)))
  }

  private func bias(_ layer: Int, count: Int) throws(Finding) -> [Float] {
    guard let name = biasPattern?.name(layer) else { return [] }
    let tensor = bundle.tensor(at: try index(of: name))
    guard tensor.shape.dimensions == [count], canReadNumbers(of: tensor.type) else {
      throw wrongShape(name, "\(tensor.shape)", "[\(count)]")
    }
    var numbers = [Float](repeating: 0, count: count)
    var span = numbers.mutableSpan
    readNumbers(tensor.type, tensor.bytes, into: &span)
    return numbers
  }

  private func index(of name: String) throws(Finding) -> Int {
    guard let index = bundle.tensorIndex(name, of: member) else {
      throw Finding(
        EngineRule.missingTensor, in: bundle.file.path, item: name,
        "the member '\(member.name)' has no such tensor")
    }
    return index
  }

  private func wrongShape(_ name: String, _ shape: String, _ expected: String) -> Finding {
    Finding(
      EngineRule.wrongShape, in: bundle.file.path, item: name,
      "has the shape \(shape); \(expected) is needed")
  }
}
