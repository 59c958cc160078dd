import TandemBytes
import TandemCheckpoints
import TandemTensors

/// Looks at the linear layers that lead from the primary's states to the secondary's.
struct ProjectionCheck {
  private typealias Flaw = NetworkCheck.Flaw

  private let description: PairDescription.Projection
  private let primary: ModelConfiguration
  private let secondary: ModelConfiguration
  private let weight: NamePattern
  private var network: NetworkCheck

  var findings: Findings { network.findings }

  /// - Returns: nil if the description does not name the weights.
  init?(
    _ description: PairDescription.Projection, _ checkpoint: Checkpoint,
    _ primary: ModelConfiguration, _ secondary: ModelConfiguration
  ) {
    guard let weight = description.weight else { return nil }
    self.description = description
    self.primary = primary
    self.secondary = secondary
    self.weight = weight
    network = NetworkCheck(checkpoint)
    let missing = (0..<secondary.layerCount).filter { !checkWeight($0) }
    reportMissing(missing)
    // If none has the name, the name is wrong, and what is there says no more.
    if missing.count < secondary.layerCount { reportExtra() }
  }

  /// - Returns: Whether the layer has a projection.
  private mutating func checkWeight(_ layer: Int) -> Bool {
    let name = weight.name(layer)
    guard let tensor = network.take(name) else { return false }
    if let cause = cause(of: tensor.shape) {
      network.add(
        Flaw(
          .projectionShape, "has", "have",
          "the shape \(tensor.shape); [\(secondary.hiddenSize), \(primary.hiddenSize)] "
            + "(secondary's width, primary's width) is needed",
          remedy: cause),
        name)
    }
    if let bias = description.bias?.name(layer) {
      network.takeBias(
        bias, length: secondary.hiddenSize, missing: .projectionBias, shape: .projectionBias)
    }
    if let type = primary.storedType, ["BF16", "F32"].contains(type), tensor.type.hasNarrowRange {
      network.add(
        Flaw(
          .narrowType, "is", "are",
          "\(tensor.type.name) and the primary \(type), whose states can be larger than \(tensor.type.name) holds",
          remedy: "an engine must not multiply them in \(tensor.type.name)"),
        name)
    }
    return true
  }

  /// Why a shape is not what it needs to be, as far as it shows; nil if it is.
  private func cause(of shape: Shape) -> String? {
    let (rows, columns) = (secondary.hiddenSize, primary.hiddenSize)
    guard shape.rank == 2 else { return "a linear layer is a matrix" }
    if shape == [rows, columns] { return nil }
    if shape == [columns, rows] {
      return rows > columns
        ? "primary and secondary are exchanged, or it is transposed: store it as (out, in)"
        : "it is transposed: store it as (out, in)"
    }
    if shape.dimensions[0] == rows {
      return "it was made for a primary of width \(shape.dimensions[1])"
    }
    if shape.dimensions[1] == columns {
      return "it was made for a secondary of width \(shape.dimensions[0])"
    }
    return "it was made for other models"
  }

  private mutating func reportMissing(_ layers: [Int]) {
    let count = secondary.layerCount
    let startsAtOne = layers == [0] && network.take(weight.name(count)) != nil
    for layer in layers {
      network.add(
        Flaw(
          .missingProjection, "is", "are",
          "missing; each of the secondary's \(count) layers needs a projection",
          remedy: startsAtOne ? "they are numbered from 1; number them from 0" : nil),
        weight.name(layer))
    }
  }

  private mutating func reportExtra() {
    for name in network.leftOver {
      if description.bias == Biases.none, isBias(name) {
        network.add(
          Flaw(
            .projectionBias, "is", "are", "there, and PAIR.json says that projections have no bias",
            remedy: "name it in projection.bias, or an engine would leave it out"),
          name)
      } else if description.bias != nil {
        network.add(
          Flaw(
            .extraProjection, "is", "are",
            "no projection of one of the secondary's \(secondary.layerCount) layers",
            remedy: "the projections may be those of another secondary"),
          name)
      }
    }
  }

  /// Whether a name is a weight's with `bias` in the place of `weight`.
  private func isBias(_ name: String) -> Bool {
    (0..<secondary.layerCount).contains { layer in
      let weight = weight.name(layer)
      return weight.hasSuffix("weight") && name == weight.dropLast(6) + "bias"
    }
  }
}

extension ElementType {
  /// Whether numbers that are finite in BF16 can be infinite in this type.
  fileprivate var hasNarrowRange: Bool {
    switch self {
    case .f16, .f8_e4m3, .f8_e5m2, .f8_e4m3fnuz, .f8_e5m2fnuz: true
    default: false
    }
  }
}
