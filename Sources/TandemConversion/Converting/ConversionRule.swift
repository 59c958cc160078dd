public import TandemBytes
import TandemKernels
import TandemTensors

/// Rules for conversions; what a format cannot say has the code of that format's rule.
public enum ConversionRule: String, Rule {
  case nothing = "CV001"
  case noConversion = "CV002"
  case partialBlock = "CV003"
  case diskSpace = "CV004"
  case unusedPattern = "CV005"
  case metadataLeftOut = "CV006"
  case documentLeftOut = "CV007"
  case largeTensor = "CV008"
  case requantised = "CV009"
  case fallback = "CV010"
  case overflow = "CV011"
  case missingPart = "CV012"
  case notEqual = "CV013"
  case lostNaN = "CV014"
  case typeOfVector = "CV015"
  case noConfiguration = "CV016"

  public var severity: Severity {
    switch self {
    case .nothing, .noConversion, .partialBlock, .diskSpace, .missingPart, .notEqual: .error
    case .unusedPattern, .requantised, .overflow, .lostNaN, .typeOfVector, .noConfiguration:
      .warning
    case .metadataLeftOut, .documentLeftOut, .largeTensor, .fallback: .note
    }
  }

  public var summary: String {
    switch self {
    case .nothing: "no tensor is left to be written"
    case .noConversion: "there is no conversion between two types of elements"
    case .partialBlock: "the rows of a tensor do not consist of whole blocks of its new type"
    case .diskSpace: "the disk has less room than the output takes"
    case .unusedPattern: "a pattern matches no tensor"
    case .metadataLeftOut: "the new format has no place for metadata of the source"
    case .documentLeftOut: "the new format has no place for documents of the source"
    case .largeTensor: "a tensor by itself is larger than a shard should be"
    case .requantised: "values that were quantised are quantised again"
    case .fallback: "a tensor gets another type than asked for, because its rows do not fill blocks"
    case .overflow: "values became infinite or NaN, or were limited to the range of their new type"
    case .missingPart: "a part of the output has not been written"
    case .notEqual: "what lies on the disk is not what was written"
    case .lostNaN: "NaN became numbers"
    case .typeOfVector: "a vector in GGUF gets another type than F32, with which engines end"
    case .noConfiguration: "nothing says the model's shape, so that engines cannot load the output"
    }
  }
}

extension ConversionRule {
  /// The findings on a tensor with values that its new type does not have.
  static func findings(
    on loss: RecodingLoss, in path: String, _ tensor: String, _ type: ElementType
  ) -> Findings {
    var findings = Findings()
    if loss.overflowCount > 0 {
      let values = loss.overflowCount == 1 ? "1 value is" : "\(loss.overflowCount) values are"
      findings.add(
        Finding(
          overflow, in: path, item: tensor, "\(values) out of the range of \(type.name)",
          remedy: "choose a type with a wider range for it: --keep 'GLOB=TYPE'"))
    }
    if loss.lostNaNCount > 0 {
      let numbers = loss.lostNaNCount == 1 ? "a number" : "numbers"
      findings.add(
        Finding(
          lostNaN, in: path, item: tensor,
          "\(loss.lostNaNCount) NaN became \(numbers) of \(type.name)",
          remedy: "choose a floating-point type for it: --keep 'GLOB=TYPE'"))
    }
    return findings
  }
}
