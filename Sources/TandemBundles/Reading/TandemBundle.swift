import Synchronization
public import TandemBytes

/// A bundle, mapped and completely checked but for its digests: what an engine starts from.
///
/// Opening reads the superblock and the directory, never the tensors: microseconds whatever the
/// bundle's size. After that, looking up members, tensors and fields cannot fail on the file's
/// content.
///
///     let bundle = try TandemBundle(path: "pair.tandem")
///     if let primary = bundle.member(.primary),
///       let view = bundle.tensor("model.embed_tokens.weight", of: primary)
///     {
///       print(view.type, view.shape, view.bytes.byteCount)  // the bytes lie in the mapping
///     }
public struct TandemBundle: Sendable {
  public let file: MappedFile
  let superblock: Superblock
  let tables: BundleTables

  /// Opens a bundle.
  ///
  /// - Throws: ``FileError`` if the file cannot be mapped; ``Finding`` with the first rule that it
  ///   breaks.
  /// - Complexity: O(*n*) in the number of tensors, without an allocation for each; about 30 ns a
  ///   tensor.
  public init(path: String) throws {
    try self.init(MappedFile(path: path))
  }

  /// Opens a mapped bundle.
  ///
  /// - Throws: The first rule that it breaks.
  public init(_ file: MappedFile) throws(Finding) {
    let superblock = try Superblock(reading: file.bytes, path: file.path)
    let start = superblock.directoryOffset
    let bytes = file.bytes.extracting(start..<start + superblock.directoryByteCount)
    let (digest, check) = Self.digestAndCheck(bytes, superblock, path: file.path)
    guard digest == superblock.directoryDigest else {
      throw Finding(
        BundleRule.directoryDigest, in: file.path, at: start,
        "the directory does not have its digest", remedy: "copy the file again")
    }
    tables = try check.get()
    self.file = file
    self.superblock = superblock
  }

  /// Hashes a directory and checks what it says, at the same time if it is large.
  ///
  /// The check is made for any bytes, so it need not wait for the digest.
  private static func digestAndCheck(
    _ bytes: RawSpan, _ superblock: Superblock, path: String
  ) -> (Digest, Result<BundleTables, Finding>) {
    func check() -> Result<BundleTables, Finding> {
      Result { () throws(Finding) in
        let check = try DirectoryCheck(bytes, superblock: superblock, path: path)
        try check.run()
        return check.directory.tables
      }
    }
    if bytes.byteCount <= BlockDigest.blockByteCount {
      return (BlockDigest.digest(of: bytes), check())
    }
    let result = Mutex<Result<BundleTables, Finding>?>(nil)
    let blocks = BlockDigest.blocks(of: bytes) {
      let checked = check()
      result.withLock { $0 = checked }
    }
    return (BlockDigest.root(ofBlocks: blocks), result.withLock { $0 } ?? check())
  }

  /// Whether a file begins like a bundle, even one that a text-mode transfer has damaged.
  public static func recognises(_ bytes: RawSpan) -> Bool {
    bytes.starts(with: Array(BundleLayout.magic.prefix(4)))
  }

  var directory: BundleDirectory {
    @_lifetime(borrow self)
    get {
      let start = superblock.directoryOffset
      return BundleDirectory(
        file.bytes.extracting(start..<start + superblock.directoryByteCount), fileOffset: start,
        tables: tables)
    }
  }

  /// The digest of everything in the bundle.
  public var digest: Digest { superblock.directoryDigest }

  public var byteCount: Int { file.byteCount }

  /// The alignment of tensor sections in the file, in bytes.
  public var sectionAlignment: Int { superblock.sectionAlignment }

  /// The alignment of each tensor in the file, in bytes.
  public var tensorAlignment: Int { superblock.tensorAlignment }
}
