public import TandemTensors

/// What becomes of the types of a member's tensors on their way into a bundle.
public struct MemberTransform: Sendable, Hashable {
  /// The type that floating-point tensors become; nil to keep each one's.
  public var elementType: ElementType?
  /// How matrices are quantised; nil if they are not.
  public var quantisation: Quantisation?
  /// Types for tensors by their names; the first that matches decides.
  public var typeRules: [ConversionOptions.TypeRule] = []

  public init() {}

  /// The transform as a bundle records it: `q4_0`, `bf16`, `q4_k_m with output*=q8_0`.
  var description: String {
    let types = [elementType?.name, quantisation?.fullName].compactMap { $0?.lowercased() }
    let rules = typeRules.map { "\($0.pattern)=\($0.type.name.lowercased())" }
    return [types.joined(separator: " "), rules.joined(separator: " ")].filter { !$0.isEmpty }
      .joined(separator: " with ")
  }

  /// The options of the conversion that does the same to a file.
  func options(_ format: ConversionFormat, shardByteCount: Int?) -> ConversionOptions {
    var options = ConversionOptions(format)
    options.elementType = elementType
    options.quantisation = quantisation
    options.typeRules = typeRules
    options.isTranslating = false
    options.shardByteCount = shardByteCount
    return options
  }

  /// The first type that is asked for and that only GGUF has; nil if there is none.
  var quantisedType: ElementType? {
    quantisation?.type ?? typeRules.lazy.map(\.type).first(where: \.isQuantised)
  }
}
