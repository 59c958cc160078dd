internal import TandemBytes
internal import TandemTensors

/// An array as an `.npy` file describes it, checked against the file's size.
struct NPYArray: Hashable {
  let type: ElementType
  let shape: Shape
  /// The bytes before the data.
  let headerByteCount: Int
  let byteCount: Int
  let isBigEndian: Bool
  /// nil for row-major order.
  let strides: StoredForm.Strides?
}

/// Reads one `.npy` file: alone, or as a member of an `.npz` archive.
///
/// Its layout stands at the top of `NumPyReader.swift`. What is wrong is added to ``findings``.
struct NPYParser {
  /// The magic, the version, and a header length of four bytes.
  static let prefixByteCount = 12
  /// The longest header, which is NumPy's limit too.
  static let headerByteLimit = 10_000
  static let longestHeaderEnd = prefixByteCount + headerByteLimit
  static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]

  let path: String
  /// The member of an archive; nil for a file.
  let member: String?
  /// Where the first byte lies in the file; nil if it was compressed and lies nowhere.
  let start: Int?
  let isLenient: Bool
  var findings = Findings()

  init(path: String, member: String? = nil, start: Int? = 0, isLenient: Bool) {
    self.path = path
    self.member = member
    self.start = start
    self.isLenient = isLenient
  }

  /// Reads the header and checks it.
  ///
  /// - Parameters:
  ///   - bytes: The beginning, at least as far as the longest header goes, or everything.
  ///   - byteCount: The bytes of the whole file or member.
  /// - Returns: nil after a finding of severity error.
  mutating func array(_ bytes: RawSpan, byteCount: Int) -> NPYArray? {
    do throws(Finding) {
      let literal = try literal(bytes, byteCount: byteCount)
      return try array(
        header(bytes.extracting(literal), at: literal.lowerBound),
        headerByteCount: literal.upperBound, byteCount: byteCount)
    } catch {
      findings.add(error)
      return nil
    }
  }

  /// Finds the dictionary literal behind magic, version and length.
  private func literal(_ bytes: RawSpan, byteCount: Int) throws(Finding) -> Range<Int> {
    guard byteCount >= 10, bytes.byteCount >= 10 else {
      throw finding(
        .truncatedHeader, at: 0, "the file has \(byteCount) bytes, a header at least 10",
        remedy: GGUFParser.incomplete)
    }
    guard bytes.starts(with: Self.magic) else {
      let first = bytes.extracting(first: 6).array.map(\.hexadecimalDigits).joined(separator: " ")
      throw finding(
        .notMagic, at: 0, "the file begins with \(first), NumPy's with 93 4E 55 4D 50 59")
    }
    let (major, minor) = (bytes.byte(at: 6), bytes.byte(at: 7))
    guard 1...3 ~= major, minor == 0 else {
      throw finding(
        .version, at: 6, "the version is \(major).\(minor); 1.0, 2.0 and 3.0 can be read")
    }
    let first = major == 1 ? 10 : 12
    guard byteCount >= first, bytes.byteCount >= first else {
      throw finding(
        .truncatedHeader, at: 8, "the file ends inside the header's length",
        remedy: GGUFParser.incomplete)
    }
    let length =
      major == 1
      ? Int(bytes.littleEndian(UInt16.self, at: 8)) : Int(bytes.littleEndian(UInt32.self, at: 8))
    guard length <= Self.headerByteLimit else {
      throw finding(
        .longHeader, at: 8,
        "the header has \(length) bytes, at most \(Self.headerByteLimit) are allowed")
    }
    guard length <= min(byteCount, bytes.byteCount) - first else {
      throw finding(
        .truncatedHeader, at: 8,
        "the header takes \(length) bytes at byte \(first), the file has \(byteCount)",
        remedy: GGUFParser.incomplete)
    }
    return first..<first + length
  }

  private func header(_ bytes: RawSpan, at offset: Int) throws(Finding) -> NPYHeader {
    var literal = NPYLiteral(bytes)
    do throws(NPYLiteral.Failure) {
      return try literal.header()
    } catch {
      throw finding(error.rule, at: offset + error.offset, error.message)
    }
  }

  /// Checks type, shape and size.
  private mutating func array(
    _ header: NPYHeader, headerByteCount: Int, byteCount: Int
  ) throws(Finding) -> NPYArray {
    let (type, isBigEndian) = try elementType(header.descriptor)
    let shape = Shape(header.shape)
    guard let needed = shape.byteCount(of: type) else {
      throw finding(
        .overflow, "the shape \(shape) takes more bytes of \(type.name) than the 2^63-1 allowed")
    }
    let available = byteCount - headerByteCount
    guard needed <= available else {
      throw finding(
        .truncatedData, at: headerByteCount,
        "the shape \(shape) takes \(needed) bytes of \(type.name), \(available) follow the header",
        remedy: GGUFParser.incomplete)
    }
    if needed < available {
      findings.add(
        finding(
          .trailingBytes, at: headerByteCount + needed,
          "\(available - needed) bytes follow the data, none is allowed"))
    }
    // In an archive the place of an array is left to chance.
    if member == nil, headerByteCount % type.block.byteCount != 0, needed > 0 {
      findings.add(
        finding(
          .misaligned, at: headerByteCount,
          "the data do not begin at a multiple of \(type.block.byteCount) bytes"))
    }
    return NPYArray(
      type: type, shape: shape, headerByteCount: headerByteCount, byteCount: needed,
      isBigEndian: isBigEndian,
      strides: header.isFortranOrder ? Self.columnMajorStrides(shape) : nil)
  }

  private mutating func elementType(
    _ descriptor: String
  ) throws(Finding) -> (type: ElementType, isBigEndian: Bool) {
    switch NumPyType(descriptor) {
    case .number(let type, let isBigEndian):
      if isBigEndian == nil {
        findings.add(
          finding(
            .byteOrder,
            "the descr '\(descriptor)' states no byte order; the data are read as little-endian"))
      }
      return (type, isBigEndian ?? false)
    case .twoBytes(let isBigEndian):
      guard isLenient else {
        throw finding(
          .elementType, "the elements are two bytes without a type ('\(descriptor)')",
          remedy: "if bfloat16 was saved, read it with --lenient")
      }
      findings.add(
        finding(.voidAsBF16, "the elements ('\(descriptor)') have no type and are read as BF16"))
      return (.bf16, isBigEndian)
    case .objects:
      throw finding(
        .objects, "the elements are Python objects in a pickle; only numbers are read",
        remedy: "save the array with a number type")
    case .other(let phrase):
      throw finding(
        .elementType,
        "the elements are \(phrase) ('\(descriptor)'); booleans, integers, float16 to float64 and complex64 can be read"
      )
    }
  }

  /// The strides of an array whose first dimension is contiguous; nil if the order makes no
  /// difference.
  private static func columnMajorStrides(_ shape: Shape) -> StoredForm.Strides? {
    guard shape.dimensions.count(where: { $0 > 1 }) > 1, !shape.dimensions.contains(0) else {
      return nil
    }
    var strides: [Int] = []
    var stride = 1
    for dimension in shape.dimensions {
      strides.append(stride)
      // The element count was checked, and this is a part of it.
      stride *= dimension
    }
    return StoredForm.Strides(offset: 0, strides: strides)
  }

  private func finding(
    _ rule: NumPyRule, at offset: Int? = nil, _ message: String, remedy: String? = nil
  ) -> Finding {
    let place = start.flatMap { start in offset.map { start + $0 } }
    return Finding(rule, in: path, item: member, at: place, message, remedy: remedy)
  }
}
