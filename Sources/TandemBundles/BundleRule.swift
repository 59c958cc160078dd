public import TandemBytes

/// Rules of the bundle format: `TB001` to `TB019` are checked when a bundle is opened, the rest by
/// `verify`.
public enum BundleRule: String, Rule {
  case magic = "TB001"
  case version = "TB002"
  case superblock = "TB003"
  case feature = "TB004"
  case fileLength = "TB005"
  case directoryPlace = "TB006"
  case directoryDigest = "TB007"
  case alignment = "TB008"
  case table = "TB009"
  case string = "TB010"
  case member = "TB011"
  case tensor = "TB012"
  case payload = "TB013"
  case section = "TB014"
  case relation = "TB015"
  case field = "TB016"
  case blockDigest = "TB020"
  case sectionDigest = "TB021"
  case padding = "TB022"
  case compression = "TB023"
  case manifest = "TB024"
  case tensorSetDigest = "TB025"
  case configDigest = "TB026"
  case unusedPayload = "TB027"
  case fileMap = "TB028"
  case sectionText = "TB029"
  case configuration = "TB030"
  case tokenizerDigest = "TB031"

  public var severity: Severity { .error }

  public var summary: String {
    switch self {
    case .magic: "the file does not begin with a bundle's magic number"
    case .version: "the bundle's version is not one that can be read"
    case .superblock: "the superblock is damaged or has a field out of range"
    case .feature: "the bundle needs a feature that this reader does not know"
    case .fileLength: "the file's length is not the one recorded"
    case .directoryPlace: "the directory's place is not allowed"
    case .directoryDigest: "the directory does not have its digest"
    case .alignment: "an alignment is not a power of two in its range"
    case .table: "a table of the directory is not in its place"
    case .string: "a string lies outside the pool, or is not UTF-8 without NUL"
    case .member: "a member's record breaks a rule"
    case .tensor: "a tensor's record breaks a rule"
    case .payload: "a payload's record breaks a rule"
    case .section: "a section's record breaks a rule"
    case .relation: "a relation's record breaks a rule"
    case .field: "a field's record breaks a rule"
    case .blockDigest: "tensor data does not have its digest"
    case .sectionDigest: "a section does not have its digest"
    case .padding: "padding is not zero"
    case .compression: "a section's LZ4 frame breaks a rule"
    case .manifest: "the manifest does not say what the directory says"
    case .tensorSetDigest: "a member's tensors do not have their tensor-set digest"
    case .configDigest: "a member's config does not have its digest"
    case .unusedPayload: "no tensor uses a payload"
    case .sectionText: "a chat template is not UTF-8"
    case .fileMap: "a file map does not describe files that can be written"
    case .tokenizerDigest: "a member's tokenizer does not have its digest, or cannot be read"
    case .configuration: "a member's config fields are no configuration of a model"
    }
  }
}
