import TandemBytes
public import TandemCheckpoints
public import TandemTensors

/// Looks at the element types of a model's tensors.
struct TypeCheck {
  private(set) var findings = Findings()

  init(_ checkpoint: Checkpoint, _ map: TensorMap, isQuantised: Bool) {
    var types: [String: [ElementType: Int]] = [:]
    var templates: [String] = []
    var integers = LayeredNames()
    for (index, tensor) in checkpoint.tensors.enumerated() {
      guard let place = map.place(of: tensor.name), place.role != .buffer else { continue }
      if !tensor.type.isFloatingPoint, !tensor.type.isQuantised, !isQuantised {
        integers.add(tensor.name, tensor: index, flaw: tensor.type.name)
      }
      guard tensor.type.isFloatingPoint, place.layer != nil else { continue }
      let template = NameTemplate(tensor.name).text
      if types[template] == nil { templates.append(template) }
      types[template, default: [:]][tensor.type, default: 0] += 1
    }
    for group in integers.all {
      let tensor = group.tensor.map { checkpoint.tensors[$0] }
      findings.add(
        Finding(
          ModelRule.integerWeights, in: checkpoint.path, item: group.item,
          at: tensor?.byteRange.lowerBound,
          "\(group.subject("is", "are")) stored as \(group.flaw); a weight is a floating-point number"
        ))
    }
    for template in templates {
      guard let counts = types[template], counts.count > 1 else { continue }
      let list = counts.sorted { ($0.value, $0.key.rawValue) > ($1.value, $1.key.rawValue) }
        .map { "\($0.value) as \($0.key.name)" }.joined(separator: ", ")
      findings.add(
        Finding(
          ModelRule.mixedTypes, in: checkpoint.path, item: template,
          "layers store the tensor in different types: \(list)"))
    }
  }
}

extension ElementType {
  /// Whether an element is a floating-point number by itself.
  var isFloatingPoint: Bool {
    switch self {
    case .f16, .bf16, .f32, .f64, .f8_e4m3, .f8_e5m2, .f8_e4m3fnuz, .f8_e5m2fnuz: true
    default: false
    }
  }
}

extension Checkpoint {
  /// The type that most bytes of the tensors have, nil without tensors.
  public var prevailingType: ElementType? {
    ElementType.prevailing(tensors.lazy.map { ($0.type, $0.byteCount) })
  }
}
