public import TandemBytes

/// Rules for PyTorch checkpoints.
public enum PyTorchRule: String, Rule {
  case truncated = "PT001"
  case opcode = "PT002"
  case protocolVersion = "PT003"
  case stack = "PT004"
  case memo = "PT005"
  case limit = "PT006"
  case badText = "PT007"
  case badUse = "PT008"
  case trailingBytes = "PT009"
  case runsCode = "PT010"
  case unknownGlobal = "PT011"
  case keptGlobal = "PT012"
  case persistentID = "PT013"
  case missingStorage = "PT014"
  case storageSize = "PT015"
  case badTensor = "PT016"
  case outsideStorage = "PT017"
  case otherTensor = "PT018"
  case elementType = "PT019"
  case lazyBits = "PT020"
  case duplicateName = "PT021"
  case badName = "PT022"
  case noTensors = "PT023"
  case noPickle = "PT024"
  case badRecord = "PT025"
  case notLegacy = "PT026"
  case legacyHeader = "PT027"
  case legacyKeys = "PT028"
  case legacyData = "PT029"
  case torchScript = "PT030"
  case strayEntry = "PT031"

  public var severity: Severity {
    switch self {
    case .keptGlobal, .strayEntry: .warning
    case .noTensors, .torchScript: .note
    default: .error
    }
  }

  public var summary: String {
    switch self {
    case .truncated: "a pickle ends before its STOP, or an instruction goes past its frame or end"
    case .opcode: "a pickle holds an instruction that is unknown, or that no checkpoint needs"
    case .protocolVersion: "a pickle's protocol is over 5, or stated twice or late"
    case .stack: "a pickle takes more values than it has put down, or leaves some behind"
    case .memo: "a pickle uses a value that it has not kept, or keeps values out of order"
    case .limit: "a pickle is too large, too deep, or expands to too much"
    case .badText: "a text in a pickle is not UTF-8, or a number is none"
    case .badUse: "a pickle fills, calls or changes something that cannot be"
    case .trailingBytes: "bytes follow a pickle"
    case .runsCode: "loading the file with Python would run code that is known to be dangerous"
    case .unknownGlobal: "loading the file with Python would run code that is not known"
    case .keptGlobal: "an object of an unknown class is kept as data (lenient reading)"
    case .persistentID: "the name of a storage is damaged, or two disagree"
    case .missingStorage: "the storage of a tensor is missing"
    case .storageSize: "a storage has another size than its tensors say"
    case .badTensor: "the description of a tensor is damaged"
    case .outsideStorage: "the elements of a tensor lie outside its storage"
    case .otherTensor: "a tensor is sparse, quantised, nested or has no data"
    case .elementType: "the element type of a tensor cannot be read"
    case .lazyBits: "a tensor is to be conjugated or negated when it is read"
    case .duplicateName: "two tensors have the same name"
    case .badName: "the name of a tensor is empty, over 65,535 bytes or holds a control character"
    case .noTensors: "the checkpoint holds no tensors"
    case .noPickle: "the archive holds no data.pkl in the folder of its first entry"
    case .badRecord: "the archive's version or byte order is none that can be read"
    case .notLegacy: "the file is a pickle, but not one of PyTorch's"
    case .legacyHeader: "the header of a legacy file is damaged or states another version"
    case .legacyKeys: "a legacy file's list of storages does not name those of its tensors"
    case .legacyData: "the storages of a legacy file do not fill it to its end"
    case .torchScript: "the file holds a TorchScript program, which is not read"
    case .strayEntry: "an entry of the archive belongs to no tensor and no known record"
    }
  }
}
