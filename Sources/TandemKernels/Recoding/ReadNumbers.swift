public import TandemTensors

/// Whether stored elements of a type can be read as numbers.
public func canReadNumbers(of type: ElementType) -> Bool { Recoding(from: type, to: .f32) != nil }

/// Reads whole blocks of a type as binary32.
///
/// - Precondition: ``canReadNumbers(of:)``, and `output` has room for as many elements as `bytes`
///   holds, no more and no less.
public func readNumbers(
  _ type: ElementType, _ bytes: RawSpan, into output: inout MutableSpan<Float>
) {
  guard let recoding = Recoding(from: type, to: .f32) else {
    preconditionFailure("readNumbers: elements of \(type.name) are no numbers")
  }
  // SAFETY: every bit pattern is a valid number.
  var numbers = unsafe output.mutableBytes
  _ = recoding.convert(bytes, into: &numbers)
}
