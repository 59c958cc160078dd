import TandemBytes

/// The first 4,096 bytes of a bundle (`schemas/bundle.md`, section 3).
struct Superblock {
  var requiredFeatures: UInt64
  var fileByteCount: Int
  var directoryOffset: Int
  var directoryByteCount: Int
  var directoryDigest: Digest
  var sectionAlignment: Int
  var tensorAlignment: Int

  /// The superblock as it stands in the file.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(BundleLayout.superblockByteCount)
    bytes += BundleLayout.magic
    bytes.append(littleEndian: BundleLayout.version)
    bytes.append(littleEndian: UInt32(BundleLayout.superblockByteCount))
    bytes.append(littleEndian: requiredFeatures)
    bytes.append(littleEndian: UInt64(0))
    bytes.append(littleEndian: UInt64(fileByteCount))
    bytes.append(littleEndian: UInt64(1))
    bytes.append(littleEndian: UInt64(directoryOffset))
    bytes.append(littleEndian: UInt64(directoryByteCount))
    bytes += directoryDigest.bytes
    bytes.append(littleEndian: UInt32(sectionAlignment))
    bytes.append(littleEndian: UInt32(tensorAlignment))
    bytes += [UInt8](repeating: 0, count: BundleLayout.Superblock.reserved.count)
    return bytes + SHA256Hasher.digest(of: bytes.rawSpan).bytes
  }
}

extension Superblock {
  private typealias Field = BundleLayout.Superblock

  /// Reads and checks the superblock of a file.
  ///
  /// - Throws: The first rule that it breaks, in the order that tells most: magic, version, damage,
  ///   features, length.
  init(reading file: RawSpan, path: String) throws(Finding) {
    func broken(_ rule: BundleRule, _ offset: Int, _ message: String, _ remedy: String? = nil)
      -> Finding
    {
      Finding(rule, in: path, at: offset, message, remedy: remedy)
    }
    guard file.starts(with: BundleLayout.magic) else {
      let isText = file.byteCount >= 4 && file.littleEndian(UInt32.self, at: 0) == 0x4D44_5489
      throw broken(
        .magic, 0,
        isText
          ? "begins like a bundle whose line ends were changed"
          : "the file is no bundle: it does not begin with 89 54 44 4d 0d 0a 1a 0a",
        isText ? "transfer it again in binary mode" : nil)
    }
    guard file.byteCount >= BundleLayout.superblockByteCount else {
      throw broken(
        .fileLength, file.byteCount,
        "has \(file.byteCount) bytes, the superblock alone has 4096", "copy it again")
    }
    let version = file.littleEndian(UInt32.self, at: Field.version)
    guard version == BundleLayout.version else {
      throw broken(
        .version, Field.version, "has version \(version), this reader knows version 1",
        version > 1 ? "use a newer release of tandem" : nil)
    }
    let own = file.extracting(0..<Field.ownDigest)
    guard SHA256Hasher.digest(of: own) == Digest(file, at: Field.ownDigest) else {
      throw broken(
        .superblock, 0, "the superblock does not have its SHA-256", "copy the file again")
    }
    let required = file.littleEndian(UInt64.self, at: Field.requiredFeatures)
    let unknown = required & ~BundleLayout.Feature.known
    guard unknown == 0 else {
      throw broken(
        .feature, Field.requiredFeatures,
        "needs feature bit \(unknown.trailingZeroBitCount), which this reader does not know",
        "use a newer release of tandem")
    }
    guard file.littleEndian(UInt32.self, at: Field.byteCount) == 4096,
      file.littleEndian(UInt64.self, at: Field.generation) == 1,
      file.extracting(Field.reserved).isZero
    else {
      throw broken(
        .superblock, 0,
        "a fixed field is wrong: its byte count is 4096, the generation 1, bytes 104 to 4063 zero")
    }
    let length = file.littleEndian(UInt64.self, at: Field.fileByteCount)
    guard length == UInt64(file.byteCount) else {
      throw broken(
        .fileLength, Field.fileByteCount, "has \(file.byteCount) bytes, \(length) are recorded",
        "copy it again")
    }
    let sectionAlignment = file.littleEndian(UInt32.self, at: Field.sectionAlignment)
    let tensorAlignment = file.littleEndian(UInt32.self, at: Field.tensorAlignment)
    guard sectionAlignment.nonzeroBitCount == 1, 64...2_097_152 ~= sectionAlignment,
      tensorAlignment.nonzeroBitCount == 1, tensorAlignment >= 64,
      tensorAlignment <= sectionAlignment
    else {
      throw broken(
        .alignment, Field.sectionAlignment,
        "sections are aligned to \(sectionAlignment) and tensors to \(tensorAlignment); "
          + "allowed are powers of two, 64 to 2097152, the second not over the first")
    }
    let directoryOffset = file.littleEndian(UInt64.self, at: Field.directoryOffset)
    let directoryByteCount = file.littleEndian(UInt64.self, at: Field.directoryByteCount)
    guard directoryOffset == 4096,
      directoryByteCount >= UInt64(BundleLayout.tablesByteCount),
      directoryByteCount <= UInt64(BundleLayout.maximumDirectoryByteCount),
      directoryByteCount <= length - directoryOffset
    else {
      throw broken(
        .directoryPlace, Field.directoryOffset,
        "the directory has \(directoryByteCount) bytes at \(directoryOffset) of a file of \(length)"
      )
    }
    self.init(
      requiredFeatures: required, fileByteCount: file.byteCount,
      directoryOffset: Int(directoryOffset), directoryByteCount: Int(directoryByteCount),
      directoryDigest: Digest(file, at: Field.directoryDigest),
      sectionAlignment: Int(sectionAlignment), tensorAlignment: Int(tensorAlignment))
  }
}
