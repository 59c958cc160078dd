/// A named tensor of a checkpoint: type, shape and where its bytes lie. Copies no data.
///
/// 56 bytes, because a small file may describe a great many.
public struct TensorDescriptor: Hashable, Sendable {
  /// The name as stored in the checkpoint.
  public let name: String
  public let shape: Shape
  /// The place in that file of the bytes that hold the elements; inside it and, for a tensor that
  /// is stored in place, as long as type and shape say.
  public let byteRange: Range<Int>
  /// How the elements come from those bytes.
  public let form: StoredForm
  private let storedFileIndex: Int32
  public let type: ElementType

  /// Which of the checkpoint's files holds the bytes.
  public var fileIndex: Int { Int(storedFileIndex) }

  /// Describes a tensor whose reader has checked type, shape, range and form against each other and
  /// the file.
  public init(
    name: String, type: ElementType, shape: Shape, fileIndex: Int, byteRange: Range<Int>,
    form: StoredForm = .inPlace
  ) {
    self.name = name
    self.type = type
    self.shape = shape
    storedFileIndex = Int32(fileIndex)
    self.byteRange = byteRange
    self.form = form
  }

  /// The same tensor under another name.
  public func renamed(_ name: String) -> TensorDescriptor {
    TensorDescriptor(
      name: name, type: type, shape: shape, fileIndex: fileIndex, byteRange: byteRange, form: form)
  }

  /// The bytes of the elements, row-major and uncompressed.
  public var byteCount: Int { form == .inPlace ? byteRange.count : shape.byteCount(of: type) ?? 0 }

  /// The number of elements; 0 for an empty tensor.
  public var elementCount: Int { shape.elementCount ?? 0 }
}
