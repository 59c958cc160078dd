/// A named tensor of a checkpoint: type, shape and where its bytes lie. Copies no data.
public struct TensorDescriptor: Hashable, Sendable {
  /// The name as stored in the checkpoint.
  public let name: String
  public let type: ElementType
  public let shape: Shape
  /// Which of the checkpoint's files holds the bytes.
  public let fileIndex: Int
  /// The place in that file of the bytes that hold the elements; inside it and, for a tensor that
  /// is stored in place, as long as type and shape say.
  public let byteRange: Range<Int>
  /// How the elements come from those bytes.
  public let form: StoredForm

  /// Describes a tensor whose reader has checked type, shape, range and form against each other and
  /// the file.
  public init(
    name: String, type: ElementType, shape: Shape, fileIndex: Int, byteRange: Range<Int>,
    form: StoredForm = .inPlace
  ) {
    self.name = name
    self.type = type
    self.shape = shape
    self.fileIndex = fileIndex
    self.byteRange = byteRange
    self.form = form
  }

  /// The bytes of the elements, row-major and uncompressed.
  public var byteCount: Int { form == .inPlace ? byteRange.count : shape.byteCount(of: type) ?? 0 }

  /// The number of elements; 0 for an empty tensor.
  public var elementCount: Int { shape.elementCount ?? 0 }
}
