import TandemBytes
public import TandemTensors

/// The beginning of a `.npy` file, version 1.0, byte for byte as NumPy writes it.
///
/// The magic `\x93NUMPY`, the version, the length of the rest as u16, and a Python dictionary of
/// type, order and shape, padded with spaces and a line feed to a multiple of 64 bytes.
public enum NPYOutput {
  /// The header's bytes.
  ///
  /// - Parameter type: As ``TandemTensors/ElementType/numPyName`` gives it.
  public static func header(type: String, shape: Shape) -> [UInt8] {
    let extents = shape.dimensions.map(String.init).joined(separator: ", ")
    let tuple = shape.rank == 1 ? "(\(extents),)" : "(\(extents))"
    var text = Array("{'descr': '\(type)', 'fortran_order': False, 'shape': \(tuple), }".utf8)
    // NumPy leaves room for the first dimension to grow in place.
    let growth = shape.rank == 0 ? 0 : 21 - String(shape.dimensions[0]).utf8.count
    text += [UInt8](repeating: UInt8(ascii: " "), count: max(0, growth))
    let prefixByteCount = 10
    while (prefixByteCount + text.count + 1) % 64 != 0 { text.append(UInt8(ascii: " ")) }
    text.append(UInt8(ascii: "\n"))
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
    bytes.append(littleEndian: UInt16(text.count))
    return bytes + text
  }
}

extension ElementType {
  /// The type in NumPy's words, nil if it has none.
  public var numPyName: String? {
    switch self {
    case .bool: "|b1"
    case .u8: "|u1"
    case .i8: "|i1"
    case .u16: "<u2"
    case .i16: "<i2"
    case .u32: "<u4"
    case .i32: "<i4"
    case .u64: "<u8"
    case .i64: "<i8"
    case .f16: "<f2"
    case .f32: "<f4"
    case .f64: "<f8"
    case .c64: "<c8"
    default: nil
    }
  }
}
