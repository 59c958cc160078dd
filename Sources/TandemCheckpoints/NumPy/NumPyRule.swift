public import TandemBytes

/// Rules for NumPy's `.npy` files, and for the arrays in its `.npz` archives.
public enum NumPyRule: String, Rule {
  case truncatedHeader = "NP001"
  case notMagic = "NP002"
  case version = "NP003"
  case longHeader = "NP004"
  case notLiteral = "NP005"
  case keys = "NP006"
  case structured = "NP007"
  case objects = "NP008"
  case elementType = "NP009"
  case shape = "NP010"
  case overflow = "NP011"
  case truncatedData = "NP012"
  case trailingBytes = "NP013"
  case byteOrder = "NP014"
  case voidAsBF16 = "NP015"
  case misaligned = "NP016"

  public var severity: Severity {
    switch self {
    case .trailingBytes, .byteOrder, .voidAsBF16: .warning
    case .misaligned: .note
    default: .error
    }
  }

  public var summary: String {
    switch self {
    case .truncatedHeader: "the file ends inside the header"
    case .notMagic: "the file does not begin with the magic of NumPy"
    case .version: "the version is none of those that can be read, 1.0, 2.0 and 3.0"
    case .longHeader: "the header is longer than 10,000 bytes"
    case .notLiteral: "the header is no dictionary literal as NumPy writes it"
    case .keys: "the header does not hold exactly descr, fortran_order and shape"
    case .structured: "the elements are records of several fields"
    case .objects: "the elements are Python objects, which only a pickle can hold"
    case .elementType: "the type of the elements has no equal among those that can be read"
    case .shape: "the shape is no tuple of at most 64 non-negative integers"
    case .overflow: "a dimension, element count or byte count is over 2^63-1"
    case .truncatedData: "the data goes past the end of the file"
    case .trailingBytes: "bytes follow the data"
    case .byteOrder: "the byte order of elements of several bytes is not stated"
    case .voidAsBF16: "two bytes without meaning are read as BF16"
    case .misaligned: "the data do not begin at a multiple of their element size"
    }
  }
}
