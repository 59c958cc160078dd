import TandemBytes

extension CheckpointFolder {
  /// Where the weights of a folder are.
  enum Weights {
    /// In shards that this index names.
    case index(String)
    /// In this file alone.
    case single(String)
    /// Nowhere that could be read, and why.
    case none(Finding)
  }

  /// The name of a file with all weights.
  static let singleName = "model.safetensors"
  private static let indexSuffix = ".safetensors.index.json"

  /// Chooses the weights: the index or the file with the usual name, the index before the file; or
  /// else the only index, or the only safetensors file.
  var weights: Weights {
    let indexes = names(endingIn: Self.indexSuffix)
    let files = names(endingIn: ".safetensors")
    if indexes.contains("model" + Self.indexSuffix) { return .index("model" + Self.indexSuffix) }
    if files.contains(Self.singleName) { return .single(Self.singleName) }
    if indexes.count > 1 {
      return noCheckpoint("the folder holds \(indexes.count) indexes: \(list(indexes))")
    }
    if let index = indexes.first { return .index(index) }
    if files.count > 1 {
      return noCheckpoint(
        "the folder holds \(files.count) safetensors files but no index that joins them: "
          + list(files), "name the file that is meant, or download the index too")
    }
    if let file = files.first { return .single(file) }
    return noSafetensors
  }

  private var noSafetensors: Weights {
    let models = names(endingIn: ".gguf")
    if !models.isEmpty {
      return noCheckpoint(
        "the folder holds no safetensors file, but \(models.count) GGUF files: \(list(models))",
        "name the file that is meant")
    }
    let others = ["bin", "pt", "pth", "ckpt", "onnx", "h5", "msgpack", "npz"]
      .flatMap { names(endingIn: "." + $0) }
    if others.isEmpty { return noCheckpoint("the folder holds no safetensors file") }
    return noCheckpoint(
      "the folder holds no safetensors file, but \(list(others))",
      "convert the weights to safetensors first")
  }

  private func noCheckpoint(_ message: String, _ remedy: String? = nil) -> Weights {
    .none(Finding(FolderRule.noCheckpoint, in: path, message, remedy: remedy))
  }

  /// Some names for a message.
  private func list(_ names: [String]) -> String {
    let some = names.prefix(3).map { "'\($0.shortened)'" }.joined(separator: ", ")
    return names.count > 3 ? some + ", …" : some
  }
}
