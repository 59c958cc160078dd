public import TandemBytes

/// Rules for GGUF files.
public enum GGUFRule: String, Rule {
  case tooShort = "GG001"
  case notMagic = "GG002"
  case version = "GG003"
  case bigEndian = "GG004"
  case tensorCount = "GG005"
  case keyCount = "GG006"
  case truncatedHeader = "GG007"
  case longString = "GG008"
  case longArray = "GG009"
  case nestedArray = "GG010"
  case badKey = "GG011"
  case duplicateKey = "GG012"
  case badBool = "GG013"
  case valueType = "GG014"
  case alignment = "GG015"
  case badTensorName = "GG016"
  case duplicateTensor = "GG017"
  case rank = "GG018"
  case overflow = "GG019"
  case tensorType = "GG020"
  case partialBlock = "GG021"
  case tensorOffset = "GG022"
  case truncatedData = "GG023"
  case missingPadding = "GG024"
  case trailingBytes = "GG025"
  case keyStyle = "GG026"
  case smallAlignment = "GG027"
  case quantisationVersion = "GG028"
  case notUTF8 = "GG029"
  case splitNumbers = "GG030"
  case missingShard = "GG031"
  case tensorInTwoShards = "GG032"
  case splitTensorCount = "GG033"
  case nonZeroPadding = "GG034"

  public var severity: Severity {
    switch self {
    case .missingPadding, .trailingBytes, .keyStyle, .smallAlignment, .quantisationVersion,
      .notUTF8, .nonZeroPadding:
      .warning
    default: .error
    }
  }

  public var summary: String {
    switch self {
    case .tooShort: "the file is shorter than the fixed header of 24 bytes"
    case .notMagic: "the file does not begin with the magic of GGUF"
    case .version: "the version is none of those that can be read, 2 and 3"
    case .bigEndian: "the file is big-endian"
    case .tensorCount: "there are more tensors than the file can hold"
    case .keyCount: "there are more keys than the file can hold"
    case .truncatedHeader: "the file ends inside the header"
    case .longString: "a string is longer than 16 MiB"
    case .longArray: "an array has more than 64 Mi elements, or more than the file can hold"
    case .nestedArray: "an array holds arrays"
    case .badKey:
      "a key is empty, over 65,535 bytes, not UTF-8 or holds a control character"
    case .duplicateKey: "a key stands twice"
    case .badBool: "a bool is neither 0 nor 1"
    case .valueType: "the type of a value is unknown"
    case .alignment: "general.alignment is no uint32 that is a power of two up to 2^20"
    case .badTensorName:
      "the name of a tensor is empty, over 63 bytes, not UTF-8 or holds a control character"
    case .duplicateTensor: "two tensors have the same name"
    case .rank: "a tensor has more than four dimensions"
    case .overflow: "a dimension, element count or byte count is over 2^63-1"
    case .tensorType: "the type of a tensor is unknown, or was removed from ggml"
    case .partialBlock: "the rows of a tensor do not consist of whole blocks of its type"
    case .tensorOffset:
      "the offset of a tensor is not where the one before ends (hole, overlap, misaligned)"
    case .truncatedData: "the data of a tensor goes past the end of the file"
    case .missingPadding: "the padding after the last tensor is missing"
    case .trailingBytes: "bytes follow the last tensor and its padding"
    case .keyStyle: "a key is not made of lower-case words joined by dots"
    case .smallAlignment: "the alignment is under 8"
    case .quantisationVersion: "tensors are quantised, but general.quantization_version is missing"
    case .notUTF8: "a string is not UTF-8"
    case .splitNumbers:
      "the numbers of a split model's files disagree with their names or each other"
    case .missingShard: "a shard of a split model is missing"
    case .tensorInTwoShards: "a tensor stands in two shards"
    case .splitTensorCount: "split.tensors.count is not the number of tensors in all shards"
    case .nonZeroPadding: "padding holds other bytes than zero"
    }
  }
}
