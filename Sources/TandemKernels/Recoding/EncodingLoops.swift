import CTandem
import TandemTensors

/// A loop that converts whole blocks between a stored type and binary32.
///
/// Its two places must hold that many blocks and as many elements, and not overlap.
typealias ConversionLoop =
  @convention(c) (
    UnsafeRawPointer, UnsafeMutableRawPointer, Int
  ) -> Void

extension tk_encodings {
  /// The loops of a level.
  static func at(_ level: tk_level) -> tk_encodings {
    // SAFETY: the table is constant and lives as long as the program.
    unsafe tk_encodings_for(level).pointee
  }

  /// The loop that reads a type as binary32; nil if there is none, as for F32 itself.
  func decoder(of type: ElementType) -> ConversionLoop? {
    switch type {
    case .f16: unsafe decode_f16
    case .bf16: unsafe decode_bf16
    case .f8_e4m3: unsafe decode_f8_e4m3
    case .f8_e5m2: unsafe decode_f8_e5m2
    case .f8_e8m0: unsafe decode_f8_e8m0
    case .f8_e4m3fnuz: unsafe decode_f8_e4m3fnuz
    case .f8_e5m2fnuz: unsafe decode_f8_e5m2fnuz
    default: nil
    }
  }

  /// The loop that writes a type from binary32; nil if there is none, as for F32 itself.
  func encoder(of type: ElementType) -> ConversionLoop? {
    switch type {
    case .f16: unsafe encode_f16
    case .bf16: unsafe encode_bf16
    case .f8_e4m3: unsafe encode_f8_e4m3
    case .f8_e5m2: unsafe encode_f8_e5m2
    default: nil
    }
  }
}
