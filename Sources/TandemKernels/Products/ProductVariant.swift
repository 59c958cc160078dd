import CTandem

/// The instructions that products are computed with.
///
/// Products of quantised and BF16 weights are the same bits in every variant; those of F32 and F16
/// weights in every variant but the portable one, which rounds once more at each addition.
public enum ProductVariant: String, Sendable, CaseIterable {
  case portable, avx2, avx512, neon

  /// The fastest one that this processor can run.
  public static var best: ProductVariant {
    let best = tk_best_product_variant()
    return allCases.first { $0.variant == best } ?? .portable
  }

  /// Whether this processor can run it.
  public var isAvailable: Bool { tk_product_variant_runs(variant) }

  var variant: tk_product_variant {
    switch self {
    case .portable: TK_PRODUCTS_PORTABLE
    case .avx2: TK_PRODUCTS_AVX2
    case .avx512: TK_PRODUCTS_AVX512
    case .neon: TK_PRODUCTS_NEON
    }
  }
}
