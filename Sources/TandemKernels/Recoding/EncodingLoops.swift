import CTandem
import TandemTensors

/// A loop that converts whole blocks between a stored type and binary32.
///
/// Its two places must hold that many blocks and as many elements, and not overlap.
typealias ConversionLoop = @convention(c) (UnsafeRawPointer, UnsafeMutableRawPointer, Int) -> Void

extension tk_encodings {
  /// The loops of a level.
  static func at(_ level: tk_level) -> tk_encodings {
    // SAFETY: the table is constant and lives as long as the program.
    unsafe tk_encodings_for(level).pointee
  }

  /// The loop that reads a type as binary32; nil if there is none, as for F32 itself.
  func decoder(of type: ElementType) -> ConversionLoop? {
    // SAFETY: the table is complete; what a call must hold to is said at `ConversionLoop`.
    switch type {
    case .f16: unsafe decode_f16
    case .bf16: unsafe decode_bf16
    case .f8_e4m3: unsafe decode_f8_e4m3
    case .f8_e5m2: unsafe decode_f8_e5m2
    case .f8_e8m0: unsafe decode_f8_e8m0
    case .f8_e4m3fnuz: unsafe decode_f8_e4m3fnuz
    case .f8_e5m2fnuz: unsafe decode_f8_e5m2fnuz
    case .q4_0: unsafe decode_q4_0
    case .q4_1: unsafe decode_q4_1
    case .q5_0: unsafe decode_q5_0
    case .q5_1: unsafe decode_q5_1
    case .q8_0: unsafe decode_q8_0
    case .q8_1: unsafe decode_q8_1
    case .q2_k: unsafe decode_q2_k
    case .q3_k: unsafe decode_q3_k
    case .q4_k: unsafe decode_q4_k
    case .q5_k: unsafe decode_q5_k
    case .q6_k: unsafe decode_q6_k
    case .q8_k: unsafe decode_q8_k
    case .iq1_s: unsafe decode_iq1_s
    case .iq1_m: unsafe decode_iq1_m
    case .iq2_xxs: unsafe decode_iq2_xxs
    case .iq2_xs: unsafe decode_iq2_xs
    case .iq2_s: unsafe decode_iq2_s
    case .iq3_xxs: unsafe decode_iq3_xxs
    case .iq3_s: unsafe decode_iq3_s
    case .iq4_nl: unsafe decode_iq4_nl
    case .iq4_xs: unsafe decode_iq4_xs
    case .tq1_0: unsafe decode_tq1_0
    case .tq2_0: unsafe decode_tq2_0
    case .mxfp4: unsafe decode_mxfp4
    case .nvfp4: unsafe decode_nvfp4
    case .q1_0: unsafe decode_q1_0
    case .q2_0: unsafe decode_q2_0
    case .bool, .u8, .i8, .u16, .i16, .u32, .i32, .u64, .i64, .f32, .f64, .c64, .f4, .f6_e2m3,
      .f6_e3m2:
      nil
    }
  }

  /// The loop that writes a type from binary32; nil if there is none, as for F32 itself.
  func encoder(of type: ElementType) -> ConversionLoop? {
    // SAFETY: as above.
    switch type {
    case .f16: unsafe encode_f16
    case .bf16: unsafe encode_bf16
    case .f8_e4m3: unsafe encode_f8_e4m3
    case .f8_e5m2: unsafe encode_f8_e5m2
    case .q4_0: unsafe encode_q4_0
    case .q4_1: unsafe encode_q4_1
    case .q5_0: unsafe encode_q5_0
    case .q5_1: unsafe encode_q5_1
    case .q8_0: unsafe encode_q8_0
    case .q2_k: unsafe encode_q2_k
    case .q3_k: unsafe encode_q3_k
    case .q4_k: unsafe encode_q4_k
    case .q5_k: unsafe encode_q5_k
    case .q6_k: unsafe encode_q6_k
    case .iq4_nl: unsafe encode_iq4_nl
    case .mxfp4: unsafe encode_mxfp4
    default: nil
    }
  }
}
