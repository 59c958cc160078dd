/// Text that equals other text only if their UTF-8 bytes are the same.
///
/// `String` also equals what is canonically equivalent; names in files are told apart by their
/// bytes.
public struct ExactText: Hashable, Sendable {
  public let text: String
  /// The hash of the bytes, computed once: tables look at it instead of at bytes far away.
  ///
  /// The string's own hash would be the same for all canonically equivalent names, and a file with
  /// thousands of them would make the search in a table quadratic.
  private let byteHash: Int

  /// - Complexity: O(*n*) in the number of bytes.
  public init(_ text: String) {
    self.text = text
    var hasher = Hasher()
    var copy = text
    // SAFETY: the buffer is read before the closure returns.
    copy.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    byteHash = hasher.finalize()
  }

  public static func == (left: ExactText, right: ExactText) -> Bool {
    left.byteHash == right.byteHash && left.text.utf8.elementsEqual(right.text.utf8)
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(byteHash) }
}
