public import TandemBytes

/// Rules for ONNX models.
public enum ONNXRule: String, Rule {
  case notModel = "OX001"
  case tooLarge = "OX002"
  case truncated = "OX003"
  case notWireFormat = "OX004"
  case wireType = "OX005"
  case repeatedField = "OX006"
  case depth = "OX007"
  case badName = "OX008"
  case duplicateTensor = "OX009"
  case unknownType = "OX010"
  case typeLeftOut = "OX011"
  case textLeftOut = "OX012"
  case shape = "OX013"
  case overflow = "OX014"
  case dataSources = "OX015"
  case dataField = "OX016"
  case wrongByteCount = "OX017"
  case valueRange = "OX018"
  case partialByte = "OX019"
  case segment = "OX020"
  case unsafePath = "OX021"
  case missingFile = "OX022"
  case externalEntry = "OX023"
  case pastExternalEnd = "OX024"
  case externalOverlap = "OX025"
  case sparse = "OX026"
  case versions = "OX027"

  public var severity: Severity {
    switch self {
    case .typeLeftOut, .textLeftOut, .externalOverlap, .versions: .warning
    case .sparse: .note
    default: .error
    }
  }

  public var summary: String {
    switch self {
    case .notModel: "the file is no ONNX model: it has no graph, or begins with something else"
    case .tooLarge: "the file is over the 2 GiB that a Protocol Buffers message may have"
    case .truncated: "a field goes past the end of its message or of the file"
    case .notWireFormat: "bytes are not in the wire format of Protocol Buffers, or hold a group"
    case .wireType: "a field is written with another wire type than its definition has"
    case .repeatedField: "a field that may stand once stands twice"
    case .depth: "messages are nested over 100 deep"
    case .badName:
      "the name of a tensor or the way to it is empty, too long, not UTF-8 or holds a control character"
    case .duplicateTensor: "two tensors of a graph have the same name"
    case .unknownType: "the data type of a tensor is missing or unknown"
    case .typeLeftOut: "a tensor is left out because its type has no equal here"
    case .textLeftOut: "a tensor is left out because it holds texts"
    case .shape: "a dimension is negative, or a tensor has more than 64"
    case .overflow: "the element count or byte count of a tensor is over 2^63-1"
    case .dataSources: "the data of a tensor stands in no place, or in several"
    case .dataField: "the data of a tensor stands in a field for another type"
    case .wrongByteCount: "the data of a tensor is not as long as its shape and type say"
    case .valueRange: "a number does not fit the type of its tensor"
    case .partialByte: "the elements of a tensor do not fill whole bytes"
    case .segment: "a tensor is only a segment of one"
    case .unsafePath: "the path of an external file could lead, or leads, out of the folder"
    case .missingFile: "an external file is missing or cannot be opened"
    case .externalEntry: "an entry about external data is missing, stands twice or is no number"
    case .pastExternalEnd: "the data of a tensor goes past the end of its external file"
    case .externalOverlap: "the external data of two tensors overlap in part"
    case .sparse: "a tensor is sparse: its values and indices are two tensors here"
    case .versions: "the model does not say its IR version, or its operator sets"
    }
  }
}
