/// One file of a zip archive, as its directory describes it.
struct ZipEntry: Hashable, Sendable {
  /// How the bytes are stored.
  enum Method: UInt16, Hashable, Sendable {
    case stored = 0
    case deflated = 8
  }

  /// The path within the archive: relative, without `..`, unique.
  let name: String
  let method: Method
  /// The place of the stored bytes in the archive's file; as long as ``plainByteCount`` unless
  /// deflated.
  let storedRange: Range<Int>
  /// The bytes once they are decompressed.
  let plainByteCount: Int
  /// The checksum of the plain bytes.
  let crc32: UInt32
  /// The place of the entry in the directory, for findings.
  let directoryOffset: Int
}
