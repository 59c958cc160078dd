import ArgumentParser

/// Reads an option's value; one that cannot be read is refused with what is allowed.
///
/// - Parameter what: What is allowed, as the end of "allowed are".
func allowing<Value: ExpressibleByArgument>(
  _ what: String
) -> @Sendable (String) throws -> Value {
  { text in
    guard let value = Value(argument: text) else { throw ValidationError("allowed are \(what)") }
    return value
  }
}

extension [String] {
  /// `a, b, c`
  var listed: String { joined(separator: ", ") }
}

extension ArgumentHelp {
  /// Of `--lenient`, which all commands that read checkpoints have.
  static var lenient: ArgumentHelp {
    """
    Accepts white space before a safetensors header, GGUF tensors in any place, objects of unknown classes in PyTorch \
    files (as data) and NumPy elements of two bytes without a type (as BF16).
    """
  }
}
