public import TandemKernels

/// How a decoder is set up.
public struct DecoderOptions: Sendable {
  /// The positions that there is room for; nil for as many as the model was made for.
  public var contextLength: Int?
  /// The type of keys and values.
  public var cachePrecision = KeyValueCache.Precision.f16
  /// The instructions that products are computed with.
  public var variant = ProductVariant.best

  public init() {}
}
