/// The extents of a tensor, outermost first: the last dimension is contiguous (row-major).
///
/// A scalar has no dimension and one element; a dimension of 0 makes an empty tensor.
public struct Shape: Hashable, Sendable {
  public var dimensions: [Int]

  public init(_ dimensions: [Int]) { self.dimensions = dimensions }

  public var rank: Int { dimensions.count }

  /// The extent of the last, contiguous dimension; 1 for a scalar.
  public var rowLength: Int { dimensions.last ?? 1 }

  /// The number of elements, or nil if it is over 2^63-1.
  ///
  /// An empty tensor is judged by its other dimensions too, so that the order of dimensions makes
  /// no difference.
  public var elementCount: Int? {
    var product = 1
    for dimension in dimensions where dimension != 0 {
      let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
      if overflow { return nil }
      product = next
    }
    return dimensions.contains(0) ? 0 : product
  }

  /// The number of bytes of a tensor of this shape, stored in whole blocks row by row.
  ///
  /// - Returns: nil if the count is over 2^63-1, or if the elements do not fill whole blocks.
  public func byteCount(of type: ElementType) -> Int? {
    guard let elementCount, fillsBlocks(of: type) else { return nil }
    let (bytes, overflow) = (elementCount / type.block.elementCount)
      .multipliedReportingOverflow(by: type.block.byteCount)
    return overflow ? nil : bytes
  }

  /// Whether each row, or for sub-byte types the whole tensor, consists of whole blocks.
  public func fillsBlocks(of type: ElementType) -> Bool {
    let length = type.isSubByte ? elementCount ?? 0 : rowLength
    return length % type.block.elementCount == 0
  }
}

extension Shape: CustomStringConvertible, ExpressibleByArrayLiteral {
  /// `[576, 1536]`, or `[]` for a scalar.
  public var description: String { "[\(dimensions.map(String.init).joined(separator: ", "))]" }

  public init(arrayLiteral elements: Int...) { self.init(elements) }
}
