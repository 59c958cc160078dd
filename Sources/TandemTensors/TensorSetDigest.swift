public import TandemBytes

/// Forms the digest over a set of named tensors (`schemas/bundle.md`, section 6).
///
/// It identifies the weights of a model whatever format, file order or metadata they come with.
public struct TensorSetDigest {
  private var hasher = SHA256Hasher()

  public init() {}

  /// Adds a tensor; tensors are added in the order of their names, compared byte by byte.
  ///
  /// - Parameters:
  ///   - name: The name's UTF-8.
  ///   - payload: The ``BlockDigest`` of the tensor's bytes.
  public mutating func add(name: RawSpan, type: ElementType, shape: Shape, payload: Digest) {
    hasher.update(littleEndian: UInt32(name.byteCount))
    hasher.update(name)
    hasher.update(littleEndian: UInt32(type.rawValue))
    hasher.update(littleEndian: UInt32(shape.rank))
    for dimension in shape.dimensions { hasher.update(littleEndian: UInt64(dimension)) }
    hasher.update(payload)
  }

  public consuming func finalize() -> Digest { hasher.finalize() }
}
