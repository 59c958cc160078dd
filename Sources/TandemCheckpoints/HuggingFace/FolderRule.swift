public import TandemBytes

/// Rules for model folders as Hugging Face's libraries save them.
public enum FolderRule: String, Rule {
  case noCheckpoint = "HF001"
  case notJSON = "HF002"
  case nonFiniteNumber = "HF003"
  case badConfigValue = "HF004"
  case missingConfig = "HF005"
  case duplicateKey = "HF006"
  case leftOut = "HF007"
  case unreadable = "HF008"
  case contentLeftOut = "HF009"

  public var severity: Severity {
    switch self {
    case .noCheckpoint, .notJSON, .badConfigValue, .duplicateKey, .unreadable: .error
    case .nonFiniteNumber, .missingConfig, .contentLeftOut: .warning
    case .leftOut: .note
    }
  }

  /// The codes of what is not read, and therefore not packed or converted.
  public static var leavingOut: [String] { [contentLeftOut.rawValue, leftOut.rawValue] }

  public var summary: String {
    switch self {
    case .noCheckpoint: "the folder holds no checkpoint, or several"
    case .notJSON: "a JSON file of the folder is not valid JSON"
    case .nonFiniteNumber: "config.json holds NaN or Infinity, which JSON does not have"
    case .badConfigValue:
      "a value of config.json has another type than it needs, or is out of range"
    case .missingConfig: "config.json is missing"
    case .duplicateKey: "a key stands twice in a JSON file of the folder"
    case .leftOut: "a file of the folder is left out"
    case .unreadable: "a file that a model is read from is not a readable file"
    case .contentLeftOut: "weights or other content of the folder are left out"
    }
  }
}
