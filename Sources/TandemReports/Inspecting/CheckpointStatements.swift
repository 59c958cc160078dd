import TandemBytes
import TandemCheckpoints

/// What a checkpoint says about itself beyond its tensors, as keys and values in a fixed order.
struct CheckpointStatements: Sendable {
  let all: [(key: String, value: String)]

  init(_ metadata: CheckpointMetadata) {
    guard case .onnx(let model) = metadata else {
      all = []
      return
    }
    let producer = [model.producerName, model.producerVersion].filter { !$0.isEmpty }
    let operators = model.operatorSets.map {
      ($0.domain.isEmpty ? "ai.onnx" : $0.domain) + " \($0.version)"
    }
    let known: [(String, String)] = [
      ("ir_version", model.irVersion.map { "\($0)" } ?? ""),
      ("opset_import", operators.joined(separator: ", ")),
      ("producer", producer.joined(separator: " ")), ("domain", model.domain),
      ("model_version", model.modelVersion.map { "\($0)" } ?? ""), ("graph", model.graphName),
      ("nodes", "\(model.nodeCount)"),
      ("functions", model.functionCount == 0 ? "" : "\(model.functionCount)"),
    ]
    all =
      known.filter { !$0.1.isEmpty }.map { (key: $0.0, value: $0.1) }
      + model.properties.map { (key: $0.key, value: $0.value) }
  }

  /// For a person: long texts are shortened.
  var facts: [(String, String?)] {
    all.map { (Self.shortened($0.key, to: 40).printable, Self.shortened($0.value, to: 200)) }
  }

  private static func shortened(_ text: String, to count: Int) -> String {
    text.unicodeScalars.count <= count
      ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(count))) + "…"
  }
}
