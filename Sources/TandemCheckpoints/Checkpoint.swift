public import TandemBytes
public import TandemTensors

/// How a checkpoint is stored.
public enum CheckpointFormat: String, Sendable, CaseIterable {
  /// One `.safetensors` file.
  case safetensors
  /// One GGUF file, or all files of a split one.
  case gguf
  /// One file that PyTorch's `torch.save` has written.
  case pytorch
  /// A folder with `config.json` and safetensors or PyTorch files, as Hugging Face's libraries save it.
  case huggingFace = "huggingface"
  /// One array in an `.npy` file.
  case npy
  /// The arrays of an `.npz` archive.
  case npz
  /// The initialisers and constants of an ONNX model.
  case onnx
}

/// A file of a checkpoint that holds tensors.
public struct TensorFile: Sendable {
  /// The path within the checkpoint's folder; the file's name if the checkpoint is a file.
  public let name: String
  public let file: MappedFile
  /// The bytes before the tensor data: length field, header, padding.
  public let headerByteCount: Int
  /// Whether the file is none of the checkpoint's own, but holds tensors that were put in place
  /// (``Checkpoint/materialised(byteLimit:)``).
  public let isScratch: Bool

  public init(name: String, file: MappedFile, headerByteCount: Int) {
    self.name = name
    self.file = file
    self.headerByteCount = headerByteCount
    isScratch = false
  }

  init(scratch file: MappedFile) {
    name = ""
    self.file = file
    headerByteCount = 0
    isScratch = true
  }
}

/// A file of a checkpoint folder that holds no tensors: a config, a tokenizer, a licence.
public struct Document: Sendable {
  /// The path within the checkpoint's folder.
  public let name: String
  public let file: MappedFile

  public init(name: String, file: MappedFile) {
    self.name = name
    self.file = file
  }
}

/// What a checkpoint says about itself, as its format has it.
public enum CheckpointMetadata: Sendable {
  /// The `__metadata__` of each safetensors file that has one, in the order of the files.
  case safetensors([SafetensorsMetadata])
  case gguf(GGUFMetadata)
  /// The values beside the tensors of each PyTorch file, in the order of the files.
  case pytorch([PyTorchMetadata])
  case onnx(ONNXMetadata)
  /// The format has none.
  case absent
}

/// A checkpoint in any readable format: descriptors over mapped files; nothing is copied.
///
/// Made by ``CheckpointReading/read(path:isLenient:)``; every byte range lies inside its file and
/// is as long as the tensor's type and shape say, so that nothing that is done with it can fail on
/// the file's content.
public struct Checkpoint: Sendable {
  public let format: CheckpointFormat
  /// The file or folder, as the user named it.
  public let path: String
  /// The files with tensors; descriptors refer to them by index.
  public let files: [TensorFile]
  /// In the order of the files and, within each, of the bytes.
  public let tensors: [TensorDescriptor]
  public let metadata: CheckpointMetadata
  /// The other files of a folder, sorted by name; empty for a file.
  public let documents: [Document]

  public init(
    format: CheckpointFormat, path: String, files: [TensorFile], tensors: [TensorDescriptor],
    metadata: CheckpointMetadata, documents: [Document] = []
  ) {
    self.format = format
    self.path = path
    self.files = files
    self.tensors = tensors
    self.metadata = metadata
    self.documents = documents
  }
}

/// What came of reading a checkpoint: all findings, and the checkpoint unless one of them is an
/// error.
public struct CheckpointReading: Sendable {
  public let findings: Findings
  /// The checkpoint whatever is wrong with its documents, so that validation goes on; nil if its
  /// weights have errors.
  public let examinable: Checkpoint?

  /// - Parameters:
  ///   - findings: Those on the weights.
  ///   - onDocuments: Those on the files beside them.
  init(_ checkpoint: Checkpoint?, _ findings: Findings, onDocuments: Findings = Findings()) {
    examinable = findings.hasErrors ? nil : checkpoint
    var all = findings
    all.add(contentsOf: onDocuments)
    self.findings = all
  }

  /// The checkpoint, nil if a finding is an error.
  public var checkpoint: Checkpoint? { findings.hasErrors ? nil : examinable }

  /// The checkpoint.
  ///
  /// - Throws: The first finding of severity error.
  public func get() throws(Finding) -> Checkpoint {
    try findings.throwFirstError()
    guard let examinable else {
      throw Finding(FileRule.unrecognised, in: "", "holds no checkpoint")
    }
    return examinable
  }

  /// Without what is said of files that reading has found flawed: it says the same again.
  public func withoutRepetitions(_ further: Findings) -> Findings {
    let flawed = Set(findings.all.filter { $0.severity == .error }.map(\.file))
    return flawed.isEmpty ? further : further.partitioned { flawed.contains($0.file) }.others
  }
}
