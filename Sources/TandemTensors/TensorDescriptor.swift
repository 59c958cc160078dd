/// A named tensor of a checkpoint: type, shape and where its bytes lie. Copies no data.
public struct TensorDescriptor: Hashable, Sendable {
  /// The name as stored in the checkpoint.
  public let name: String
  public let type: ElementType
  public let shape: Shape
  /// Which of the checkpoint's files holds the bytes.
  public let fileIndex: Int
  /// The bytes' place in that file; inside it, and as long as type and shape say.
  public let byteRange: Range<Int>

  /// Describes a tensor whose reader has checked type, shape and range against each other and the
  /// file.
  public init(
    name: String, type: ElementType, shape: Shape, fileIndex: Int, byteRange: Range<Int>
  ) {
    self.name = name
    self.type = type
    self.shape = shape
    self.fileIndex = fileIndex
    self.byteRange = byteRange
  }

  public var byteCount: Int { byteRange.count }

  /// The number of elements; 0 for an empty tensor.
  public var elementCount: Int { shape.elementCount ?? 0 }
}
