import TandemBytes

/// What a conversion writes.
public enum ConversionFormat: String, Sendable, CaseIterable {
  /// One `.safetensors` file, or shards and an index.
  case safetensors
  /// A folder with `model.safetensors`, or shards and an index, and the documents of the source.
  case huggingFace = "huggingface"
  /// One `.gguf` file, or a split one.
  case gguf
  /// One `.npz` archive.
  case npz

  /// The format that the name of an output promises; nil if it promises none.
  ///
  /// A name without an ending, or that of a folder, is that of a model folder.
  public init?(output path: String) {
    switch Paths.fileExtension(path)?.lowercased() {
    case "safetensors": self = .safetensors
    case "gguf": self = .gguf
    case "npz": self = .npz
    case nil: self = .huggingFace
    default:
      guard path.hasSuffix("/") || (try? FileStatus(path: path))?.kind == .folder else {
        return nil
      }
      self = .huggingFace
    }
  }

  /// Whether a model may be written as several files.
  public var hasShards: Bool { self != .npz }

  /// The ending of the files with tensors.
  var fileExtension: String {
    switch self {
    case .safetensors, .huggingFace: "safetensors"
    case .gguf: "gguf"
    case .npz: "npz"
    }
  }
}
