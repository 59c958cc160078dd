public import TandemTensors

/// A tensor of a file that is to be written; its bytes come from elsewhere.
public struct OutputTensor: Hashable, Sendable {
  public let name: String
  public let type: ElementType
  public let shape: Shape
  /// The bytes of its elements, row by row.
  public let byteCount: Int

  /// Nil if the elements do not fill whole blocks of the type, or have over 2^63-1 bytes.
  public init?(name: String, type: ElementType, shape: Shape) {
    guard let byteCount = shape.byteCount(of: type) else { return nil }
    self.name = name
    self.type = type
    self.shape = shape
    self.byteCount = byteCount
  }
}

/// Bytes of a file that are known before its tensors are read, and their place.
public struct FilePiece: Hashable, Sendable {
  public let offset: Int
  public let bytes: [UInt8]

  public init(offset: Int, bytes: [UInt8]) {
    self.offset = offset
    self.bytes = bytes
  }
}

/// A checkpoint file laid out before it is written: where each tensor goes, and what stands around
/// them.
///
/// Bytes that neither a tensor nor a piece covers are zero. The same tensors give the same file,
/// always.
public protocol TensorFileLayout: Sendable {
  /// The places of the tensors' bytes, in the order in which the tensors were given.
  var places: [Range<Int>] { get }
  /// The length of the whole file.
  var byteCount: Int { get }
  /// Whether ``frame(checksums:)`` needs to know the tensors' bytes.
  var needsChecksums: Bool { get }

  /// What stands around the tensors, in the order of the file.
  ///
  /// - Parameter checksums: The CRC-32 of each tensor's bytes if ``needsChecksums``, else anything.
  /// - Complexity: O(tensors).
  func frame(checksums: [UInt32]) -> [FilePiece]
}

extension Int {
  /// The sum, nil if it is over 2^63-1.
  func adding(_ other: Int) -> Int? {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? nil : sum
  }

  /// The next multiple of a power of two, nil if it is over 2^63-1.
  func padded(to alignment: Int) -> Int? {
    adding(alignment - 1).map { $0 & ~(alignment - 1) }
  }
}
