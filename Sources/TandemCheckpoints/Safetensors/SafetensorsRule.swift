public import TandemBytes

/// Rules for safetensors files.
///
/// They are those of the format's README where it and the reference implementation differ: that one
/// takes leading whitespace, duplicate names, extra fields and positional entries.
public enum SafetensorsRule: String, Rule {
  case tooShort = "ST001"
  case headerTooLong = "ST002"
  case headerPastEnd = "ST003"
  case noBrace = "ST004"
  case notJSON = "ST005"
  case duplicateTensor = "ST006"
  case duplicateKey = "ST007"
  case badEntry = "ST008"
  case unknownType = "ST009"
  case badShape = "ST010"
  case badOffsets = "ST011"
  case overflow = "ST012"
  case wrongByteCount = "ST013"
  case partialByte = "ST014"
  case hole = "ST015"
  case overlap = "ST016"
  case truncated = "ST017"
  case trailingBytes = "ST018"
  case badMetadata = "ST019"
  case nullMetadata = "ST020"
  case badName = "ST021"
  case misaligned = "ST022"
  case headerPadding = "ST023"

  public var severity: Severity {
    switch self {
    case .nullMetadata, .headerPadding: .warning
    case .misaligned: .note
    default: .error
    }
  }

  public var summary: String {
    switch self {
    case .tooShort: "the file is shorter than the 8 bytes of the header length"
    case .headerTooLong: "the header is longer than 100,000,000 bytes"
    case .headerPastEnd: "the header goes past the end of the file"
    case .noBrace: "the header does not begin with a brace"
    case .notJSON: "the header is not valid JSON, or a number in it is no exact integer"
    case .duplicateTensor: "two tensors have the same name"
    case .duplicateKey: "a key stands twice in an entry or in the metadata"
    case .badEntry: "an entry is no object of exactly dtype, shape and data_offsets"
    case .unknownType: "the dtype of a tensor is unknown"
    case .badShape: "a shape is no list of at most 64 non-negative integers"
    case .badOffsets: "data_offsets is no list of two non-negative integers in ascending order"
    case .overflow: "a dimension, element count or byte count is over 2^63-1"
    case .wrongByteCount: "the byte range of a tensor is not as long as its shape and dtype say"
    case .partialByte: "the elements of a tensor do not fill whole bytes"
    case .hole: "bytes between tensors belong to none"
    case .overlap: "the byte ranges of two tensors overlap"
    case .truncated: "the data of a tensor go past the end of the file"
    case .trailingBytes: "bytes follow the last tensor"
    case .badMetadata: "the metadata are no object of strings"
    case .nullMetadata: "the metadata are null"
    case .badName:
      "the name of a tensor is empty, over 65,535 bytes or holds a control character"
    case .misaligned: "the data of tensors do not begin at a multiple of their element size"
    case .headerPadding: "the header is padded with other whitespace than spaces"
    }
  }
}
