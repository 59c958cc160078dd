import TandemBytes
import TandemCheckpoints
import TandemModels
import TandemTensors

extension ModelTranslation {
  /// Translates a source if its format and the output's follow different conventions.
  ///
  /// - Returns: nil if names and data stay as they are.
  init?(_ source: Checkpoint, _ options: ConversionOptions, _ findings: inout Findings) {
    let target: TensorNaming? =
      switch (source.format, options.format) {
      case (.huggingFace, .gguf): .gguf
      case (.gguf, .huggingFace): .huggingFace
      default: nil
      }
    guard let target, options.isTranslating else { return nil }
    let (model, flaws) = Model.load(source)
    for finding in flaws.all + model.validate(includingValues: false).all
    where finding.severity == .error {
      findings.add(finding)
    }
    var choices = Options(elementType: options.prevailingType(of: source))
    choices.name = options.modelName
    choices.preTokenizer = options.preTokenizer
    self.init(model, to: target, choices)
    findings.add(contentsOf: self.findings)
  }
}

extension ConversionOptions {
  /// The type that most of the output's matrices will have, as its configuration states it.
  fileprivate func prevailingType(of source: Checkpoint) -> ElementType {
    if let elementType { return elementType }
    let found = source.prevailingType ?? .f32
    return format == .huggingFace && found.isQuantised ? .f32 : found
  }

  /// The type that a tensor of a translated model becomes if nothing else is asked for.
  func type(of tensor: TensorDescriptor, needsF32: Bool) -> ElementType {
    if needsF32 { return .f32 }
    guard tensor.type.isNumber else { return tensor.type }
    // transformers has no quantised types; F32 keeps all values.
    let isUnknown = format == .huggingFace && tensor.type.isQuantised
    return elementType ?? (isUnknown ? .f32 : tensor.type)
  }
}
