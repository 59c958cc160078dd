import TandemBytes

extension CheckpointFolder {
  /// Where the weights of a folder are.
  enum Weights {
    /// In shards that this index names.
    case index(String, WeightKind)
    /// In this file alone.
    case single(String, WeightKind)
    /// Nowhere that could be read, and why.
    case none(Finding)
  }

  /// Chooses the weights: safetensors with the usual names, the index before the file; then PyTorch
  /// files with the usual names; or else the only index, or the only safetensors file.
  var weights: Weights {
    let kind = WeightKind.safetensors
    let indexes = names(endingIn: kind.indexSuffix)
    let files = names(endingIn: kind.suffix)
    if indexes.contains("model" + kind.indexSuffix) {
      return .index("model" + kind.indexSuffix, kind)
    }
    if files.contains(kind.singleName) { return .single(kind.singleName, kind) }
    if let weights = pytorchWeights { return weights }
    if indexes.count > 1 {
      return noCheckpoint("the folder holds \(indexes.count) indexes: \(list(indexes))")
    }
    if let index = indexes.first { return .index(index, kind) }
    if files.count > 1 {
      return noCheckpoint(
        "the folder holds \(files.count) safetensors files but no index that joins them: "
          + list(files), "name the file that is meant, or download the index too")
    }
    if let file = files.first { return .single(file, kind) }
    return noSafetensors
  }

  private var pytorchWeights: Weights? {
    let kind = WeightKind.pytorch
    let index = "pytorch_model" + kind.indexSuffix
    if names.contains(index) { return .index(index, kind) }
    return names.contains(kind.singleName) ? .single(kind.singleName, kind) : nil
  }

  private var noSafetensors: Weights {
    if !modelFiles.isEmpty {
      return noCheckpoint(
        "the folder holds no safetensors file, but \(modelFiles.count) others with tensors: "
          + list(modelFiles), "name the file that is meant")
    }
    let others = ["h5", "msgpack", "tflite", "pkl"].flatMap { names(endingIn: "." + $0) }
    if others.isEmpty {
      return noCheckpoint(
        "the folder holds no weights (*.safetensors, pytorch_model*.bin, *.gguf, …)", otherPlace)
    }
    return noCheckpoint(
      "the folder holds no safetensors file, but \(list(others))",
      "convert the weights to safetensors first")
  }

  /// The files that are read by themselves: GGUF files, or else those of other formats.
  private var modelFiles: [String] {
    let models = names(endingIn: ".gguf")
    if !models.isEmpty { return models }
    return ["bin", "ckpt", "npy", "npz", "onnx", "pt", "pth"].flatMap { names(endingIn: "." + $0) }
  }

  /// The one file, or the first of one split GGUF model, of a folder that has no weights as Hugging
  /// Face's libraries name them; nil if there is none, or more than one.
  var onlyModel: String? {
    guard case .none = weights else { return nil }
    let files = modelFiles
    guard let first = files.first else { return nil }
    let number = ShardNumber(first)
    let isOneModel = files.dropFirst().allSatisfy {
      guard let number, let other = ShardNumber($0) else { return false }
      return other.prefix == number.prefix && other.total == number.total
    }
    return isOneModel ? path(of: first) : nil
  }

  private func noCheckpoint(_ message: String, _ remedy: String? = nil) -> Weights {
    let pair = names.contains("PAIR.json") ? "name '\(path(of: "PAIR.json"))'" : nil
    return .none(Finding(FolderRule.noCheckpoint, in: path, message, remedy: pair ?? remedy))
  }

  /// Some names for a message.
  private func list(_ names: [String]) -> String {
    let some = names.prefix(3).map { "'\($0.shortened)'" }.joined(separator: ", ")
    return names.count > 3 ? some + ", …" : some
  }
}
