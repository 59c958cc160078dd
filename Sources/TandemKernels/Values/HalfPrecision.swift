/// The number with these binary16 bits. A library call on processors that are not known to have
/// F16C, so not for loops.
func floatOfHalf(_ bits: UInt16) -> Float { Float(Float16(bitPattern: bits)) }

/// The same for bits that are neither NaN nor infinity, by integer arithmetic and without a branch.
///
/// Exponent and fraction land where binary32 has them, 112 too low; the product corrects that,
/// subnormals included.
@inline(__always)
func finiteFloatOfHalf(_ bits: Int16) -> Float {
  let word = Int32(bits) << 13
  return Float(bitPattern: UInt32(bitPattern: word) & 0x8FFF_E000) * 0x1p112
}
