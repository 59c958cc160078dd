import TandemBytes
import TandemCheckpoints
import TandemTensors

/// Looks at the router's two layers.
struct RouterCheck {
  private typealias Flaw = NetworkCheck.Flaw

  private let description: PairDescription.Router
  private let width: Int
  private var network: NetworkCheck

  var findings: Findings { network.findings }

  /// - Parameter width: The secondary's.
  /// - Returns: nil if the description does not name the layers.
  init?(_ description: PairDescription.Router, _ checkpoint: Checkpoint, width: Int) {
    guard let weight = description.weight, let bias = description.bias else { return nil }
    self.description = description
    self.width = width
    network = NetworkCheck(checkpoint)
    let names = [weight.name(0), weight.name(1)]
    let layers = names.map { matrix($0) }
    if let first = layers[0], let topK = description.topK { checkInput(first, topK) }
    if let second = layers[1] { checkOutput(second, hidden: layers[0]?.shape.dimensions[0]) }
    for (number, layer) in layers.enumerated() {
      guard let layer, let name = bias.name(number) else { continue }
      network.takeBias(
        name, length: layer.shape.dimensions[0], missing: .routerTensors, shape: .routerShape)
    }
    // If neither layer has its name, the name is wrong, and what is there says no more.
    if names.contains(where: { network.has($0) }) {
      for name in network.leftOver {
        network.add(
          Flaw(
            .routerTensors, "is", "are", "not part of the router's two layers",
            remedy: "a router of more layers is not supported"),
          name)
      }
    }
  }

  /// A layer's weight, if it is there and a matrix.
  private mutating func matrix(_ name: String) -> TensorDescriptor? {
    guard let tensor = network.take(name) else {
      network.add(Flaw(.routerTensors, "is", "are", "missing; a router has two layers"), name)
      return nil
    }
    if tensor.shape.rank == 2 { return tensor }
    network.add(
      Flaw(.routerShape, "has", "have", "the shape \(tensor.shape); a matrix is needed"), name)
    return nil
  }

  private mutating func checkInput(_ tensor: TensorDescriptor, _ topK: Int) {
    let needed = 1 + topK + topK * width
    let found = tensor.shape.dimensions[1]
    guard found != needed else { return }
    network.add(
      Flaw(
        .routerShape, "takes", "take",
        "\(found) numbers; \(needed) are needed: an entropy, \(topK) probabilities and \(topK) embeddings of "
          + "the secondary's width \(width)",
        remedy: cause(ofInput: found, topK)),
      tensor.name)
  }

  /// What other number of tokens, or other width, a router's input stands for.
  private func cause(ofInput found: Int, _ topK: Int) -> String? {
    if found > 1, (found - 1) % (width + 1) == 0 {
      return "with this secondary, top_k would be \((found - 1) / (width + 1))"
    }
    let embeddings = found - 1 - topK
    guard embeddings > 0, embeddings % topK == 0 else { return nil }
    return "it was made for a secondary of width \(embeddings / topK)"
  }

  private mutating func checkOutput(_ tensor: TensorDescriptor, hidden: Int?) {
    let shape = tensor.shape.dimensions
    if shape[0] != 1 {
      network.add(
        Flaw(.routerShape, "puts", "put", "out \(shape[0]) numbers; 1 is needed"), tensor.name)
    }
    if let hidden, shape[1] != hidden {
      network.add(
        Flaw(
          .routerShape, "takes", "take", "\(shape[1]) numbers; the layer before puts out \(hidden)"),
        tensor.name)
    }
  }
}
