import TandemTensors

/// A tensor as reports list it, of a checkpoint or of a bundle.
struct TensorEntry: Sendable, Hashable {
  let name: String
  let type: ElementType
  let shape: Shape
  let byteCount: Int
  /// The offset in its file.
  let offset: Int
  /// The name of its file, if the checkpoint has several.
  let file: String?
  /// The payload that holds it, in a bundle.
  let payload: Int?

  init(
    name: String, type: ElementType, shape: Shape, byteCount: Int, offset: Int,
    file: String? = nil, payload: Int? = nil
  ) {
    self.name = name
    self.type = type
    self.shape = shape
    self.byteCount = byteCount
    self.offset = offset
    self.file = file
    self.payload = payload
  }

  var elementCount: Int { shape.elementCount ?? 0 }
}
