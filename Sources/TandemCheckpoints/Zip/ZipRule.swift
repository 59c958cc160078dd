public import TandemBytes

/// Rules for the zip archives that PyTorch and NumPy write.
public enum ZipRule: String, Rule {
  case noEnd = "ZP001"
  case badEnd = "ZP002"
  case zip64 = "ZP003"
  case directoryPlace = "ZP004"
  case entryCount = "ZP005"
  case badEntry = "ZP006"
  case badName = "ZP007"
  case duplicateName = "ZP008"
  case encrypted = "ZP009"
  case method = "ZP010"
  case size = "ZP011"
  case outside = "ZP012"
  case localHeader = "ZP013"
  case overlap = "ZP014"
  case hiddenBytes = "ZP015"
  case ratio = "ZP016"
  case checksum = "ZP017"
  case damaged = "ZP018"
  case tooLarge = "ZP019"

  public var severity: Severity { self == .hiddenBytes ? .warning : .error }

  public var summary: String {
    switch self {
    case .noEnd: "the archive's end record is missing: the file is cut off, or bytes follow it"
    case .badEnd: "the archive is one of several disks, or has two end records"
    case .zip64: "the 64-bit end record is missing, damaged or disagrees with the 32-bit one"
    case .directoryPlace: "the archive's directory does not lie just before its end record"
    case .entryCount: "the directory does not hold as many entries as the end record says"
    case .badEntry: "an entry of the directory is damaged or cut off"
    case .badName: "an entry's name is no plain relative path, or not UTF-8"
    case .duplicateName: "two entries have the same name"
    case .encrypted: "an entry is encrypted, or a patch"
    case .method: "an entry is compressed otherwise than by deflate"
    case .size: "a stored entry has two sizes"
    case .outside: "an entry lies outside the archive's data"
    case .localHeader: "an entry's local header disagrees with the directory"
    case .overlap: "two entries overlap"
    case .hiddenBytes: "bytes of the archive belong to no entry"
    case .ratio: "an entry claims more plain bytes than deflate can make of its stored ones"
    case .checksum: "the bytes of an entry do not have its checksum"
    case .damaged: "the compressed bytes of an entry are damaged"
    case .tooLarge: "an entry that must be read whole is too large"
    }
  }
}
