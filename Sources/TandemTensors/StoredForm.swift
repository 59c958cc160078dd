/// How the elements of a tensor come from the bytes that a checkpoint stores for it.
///
/// Steps are undone in the order of the properties: decompress, skip, decode, swap, gather. What is
/// ``inPlace`` needs none of them and is used where it lies.
///
/// Eight bytes, because nearly all tensors are in place: what another one needs lies elsewhere and
/// is shared by copies.
public struct StoredForm: Hashable, Sendable {
  /// What was done to the bytes of a whole storage.
  public enum Compression: Hashable, Sendable {
    case none
    /// A raw deflate stream (RFC 1951) of this many plain bytes, as zip files have it.
    case deflate(plainByteCount: Int)
  }

  /// How numbers are written.
  public enum Coding: Hashable, Sendable {
    /// With as many bytes as the element type has.
    case fixedWidth
    /// As Protocol Buffers varints, one for each block of the element type.
    case varints
    /// As the numbers of a repeated field of a Protocol Buffers message, which the bytes are: single
    /// ones and packed runs, between other fields. Each has 4 or 8 bytes, or is a varint if the
    /// count is nil.
    case repeatedField(number: Int, numberByteCount: Int?)
  }

  /// Where elements lie in a storage of fixed-width elements; counts are in elements.
  public struct Strides: Hashable, Sendable {
    /// The place of the first element.
    public let offset: Int
    /// The distance between neighbours in each dimension, outermost first; never negative.
    public let strides: [Int]

    public init(offset: Int, strides: [Int]) {
      self.offset = offset
      self.strides = strides
    }
  }

  /// Row-major little-endian elements without gaps.
  public static let inPlace = StoredForm()

  /// nil if there is nothing to undo.
  private let steps: Steps?

  public init(
    compression: Compression = .none, leadingByteCount: Int = 0, coding: Coding = .fixedWidth,
    isBigEndian: Bool = false, strides: Strides? = nil
  ) {
    let isInPlace =
      compression == .none && leadingByteCount == 0 && coding == .fixedWidth && !isBigEndian
      && strides == nil
    steps =
      isInPlace
      ? nil
      : Steps(
        compression: compression, leadingByteCount: leadingByteCount, coding: coding,
        isBigEndian: isBigEndian, strides: strides)
  }

  public var compression: Compression { steps?.compression ?? .none }
  /// How many bytes stand before the elements once the storage is decompressed.
  public var leadingByteCount: Int { steps?.leadingByteCount ?? 0 }
  public var coding: Coding { steps?.coding ?? .fixedWidth }
  public var isBigEndian: Bool { steps?.isBigEndian ?? false }
  /// nil: row-major from the first element on.
  public var strides: Strides? { steps?.strides }

  private final class Steps: Hashable, Sendable {
    let compression: Compression
    let leadingByteCount: Int
    let coding: Coding
    let isBigEndian: Bool
    let strides: Strides?

    init(
      compression: Compression, leadingByteCount: Int, coding: Coding, isBigEndian: Bool,
      strides: Strides?
    ) {
      self.compression = compression
      self.leadingByteCount = leadingByteCount
      self.coding = coding
      self.isBigEndian = isBigEndian
      self.strides = strides
    }

    static func == (left: Steps, right: Steps) -> Bool {
      left === right
        || left.compression == right.compression && left.coding == right.coding
          && left.leadingByteCount == right.leadingByteCount
          && left.isBigEndian == right.isBigEndian && left.strides == right.strides
    }

    func hash(into hasher: inout Hasher) {
      hasher.combine(compression)
      hasher.combine(leadingByteCount)
      hasher.combine(coding)
      hasher.combine(isBigEndian)
      hasher.combine(strides)
    }
  }
}
