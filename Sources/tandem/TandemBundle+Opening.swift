import TandemBundles
import TandemBytes
import TandemCheckpoints
import TandemConversion

extension TandemBundle {
  /// Opens a bundle.
  ///
  /// - Parameter work: What is done with it, as an infinitive.
  /// - Throws: ``FileError`` if the path leads to what must be packed first; ``Finding`` if it is no
  ///   bundle, or a damaged one.
  static func open(_ path: String, to work: String) throws -> TandemBundle {
    func unpacked(_ what: String) -> FileError {
      let advice =
        work == "unpack"
        ? "there is nothing to unpack" : "pack it first: tandem pack \(path) -o FILE.tandem"
      return FileError(path, work, reason: "it is \(what), no bundle; \(advice)")
    }
    switch try Input(path, isLenient: true) {
    case .bundle(let bundle): return bundle
    case .damagedBundle(let finding): throw finding
    case .pair: throw unpacked("the description of a pair")
    case .checkpoint(let reading):
      guard let checkpoint = reading.checkpoint else {
        // An empty file, a web page, a pointer: the reading knows what it is.
        let codes = [FileRule.empty.rawValue, FileRule.unrecognised.rawValue]
        if let known = reading.findings.all.first(where: { codes.contains($0.code) }) {
          throw known
        }
        return try TandemBundle(path: path)
      }
      throw unpacked(checkpoint.format.phrase)
    }
  }
}

extension CheckpointFormat {
  /// The format with its article.
  fileprivate var phrase: String {
    switch self {
    case .safetensors: "a safetensors file"
    case .gguf: "a GGUF file"
    case .pytorch: "a PyTorch file"
    case .huggingFace: "a model folder"
    case .npy, .npz: "a NumPy file"
    case .onnx: "an ONNX file"
    }
  }
}
