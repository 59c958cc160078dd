public import TandemBytes

extension CheckpointReading {
  /// Reads a checkpoint in any format, which is told by its content.
  ///
  /// A folder is read as Hugging Face's libraries save models, or as the one model file of any
  /// format that it holds. A file's name counts only where the content says nothing, to name the
  /// flaw of a damaged file in the words of its format.
  ///
  /// - Parameters:
  ///   - path: A file or a folder.
  ///   - isLenient: Whether flaws that other readers accept are accepted, as far as the formats'
  ///     readers say.
  /// - Returns: All findings, and the checkpoint unless one is an error.
  /// - Throws: ``FileError`` if there is no such file or folder, or it cannot be opened.
  public static func read(
    path: String, isLenient: Bool
  ) throws(FileError) -> CheckpointReading {
    if try FileStatus(path: path).kind == .folder {
      let folder = try CheckpointFolder(path)
      if let model = folder.onlyModel { return try read(file: model, isLenient: isLenient) }
      return try HuggingFaceReader.read(folder, isLenient: isLenient)
    }
    return try read(file: path, isLenient: isLenient)
  }

  private static func read(file path: String, isLenient: Bool) throws(FileError)
    -> CheckpointReading
  {
    let file = try MappedFile(path: path)
    let ending = Paths.fileExtension(path)?.lowercased()
    if GGUFReader.recognises(file.bytes) {
      return try GGUFReader.read(path: path, isLenient: isLenient)
        .noting(ending, of: file, unlike: "gguf")
    }
    if let reading = byContent(file, ending, isLenient: isLenient) { return reading }
    if ending == "safetensors" { return SafetensorsReader.read(file, isLenient: isLenient) }
    if FileSignature(file.bytes) == nil && file.byteCount > 0 {
      if ending == "gguf" { return try GGUFReader.read(path: path, isLenient: isLenient) }
      if ending == "onnx" { return ONNXReader.read(file) }
    }
    if let ending, Self.pickleEndings.contains(ending),
      let findings = TorchStream.calls(in: file, isLenient: isLenient)
    {
      return CheckpointReading(nil, findings)
    }
    var findings = Findings()
    findings.add(FileSignature.finding(on: file))
    return CheckpointReading(nil, findings)
  }

  /// Reads a file in a format that its bytes tell; nil if they tell none.
  private static func byContent(
    _ file: MappedFile, _ ending: String?, isLenient: Bool
  ) -> CheckpointReading? {
    if SafetensorsReader.recognises(file.bytes) {
      return SafetensorsReader.read(file, isLenient: isLenient)
        .noting(ending, of: file, unlike: "safetensors")
    }
    if NumPyReader.recognises(file.bytes) {
      return NumPyReader.read(file, isLenient: isLenient).noting(ending, of: file, unlike: "npy")
    }
    if NPZReader.recognises(file.bytes) {
      return NPZReader.read(file, isLenient: isLenient).noting(ending, of: file, unlike: "npz")
    }
    if PyTorchReader.recognises(file.bytes) {
      return PyTorchReader.read(file, isLenient: isLenient)
        .noting(ending, of: file, unlike: "pt", "pth", "bin", "ckpt", "zip")
    }
    if ONNXReader.recognises(file.bytes) {
      return ONNXReader.read(file).noting(ending, of: file, unlike: "onnx")
    }
    return nil
  }

  /// Name endings of files that are given to Python's unpickling.
  private static let pickleEndings: Set = ["pt", "pth", "bin", "ckpt", "pkl", "pickle"]

  /// Adds a note if the name ends like that of another format.
  private func noting(_ ending: String?, of file: MappedFile, unlike expected: String...) -> Self {
    guard let ending, !expected.contains(ending), Self.endings.contains(ending) else {
      return self
    }
    var findings = findings
    findings.add(
      Finding(
        FileRule.misleadingName, in: file.path,
        "the name ends in '.\(ending)', the content is that of '.\(expected[0])'"))
    return CheckpointReading(checkpoint, findings)
  }

  /// Name endings that promise a format of weights.
  private static let endings: Set<String> = [
    "safetensors", "gguf", "ggml", "bin", "pt", "pth", "ckpt", "onnx", "h5", "npy", "npz",
    "zip",
  ]
}
