import TandemBytes
import TandemJSON

/// The files of a folder that hold no tensors, and what is wrong with them.
struct FolderDocuments {
  /// The largest file that is taken, in bytes.
  static let byteLimit = 256 << 20

  private(set) var documents: [Document] = []
  private(set) var findings = Findings()

  /// Maps all files of a folder but weights and what is too large, and checks that JSON is JSON.
  ///
  /// - Parameter weights: The files that are read as weights, with their index.
  /// - Throws: ``FileError`` if a file cannot be opened.
  init(of folder: CheckpointFolder, without weights: Set<String>) throws(FileError) {
    for entry in folder.leftOut where !weights.contains(entry.name) {
      leaveOut(entry.rule, folder.path(of: entry.name), "entry", entry.reason)
    }
    for name in folder.names where !weights.contains(name) {
      if let (rule, reason) = Self.reasonToLeaveOut(name) {
        // Those that lie beside the index have a finding of their own.
        leaveOut(rule, folder.path(of: name), "file", reason)
        continue
      }
      guard let file = try folder.open(name, &findings) else { continue }
      guard file.byteCount <= Self.byteLimit else {
        leaveOut(
          .contentLeftOut, file.path, "file",
          "it has \(file.byteCount) bytes, at most \(Self.byteLimit) are taken")
        continue
      }
      if name.hasSuffix(".json") { checkJSON(file) }
      documents.append(Document(name: name, file: file))
    }
    if !folder.names.contains("config.json") {
      findings.add(
        Finding(
          FolderRule.missingConfig, in: folder.path, "the folder has no config.json",
          remedy: "without it the model's shape and kind are unknown"))
    }
  }

  private mutating func leaveOut(
    _ rule: FolderRule, _ path: String, _ noun: String, _ reason: String
  ) {
    findings.add(Finding(leaving: noun, at: path, reason, rule))
  }

  /// Checks a JSON text of any size; the configuration may hold NaN, for which it has a rule of its
  /// own.
  private mutating func checkJSON(_ file: MappedFile) {
    let isConfig = Paths.name(file.path) == "config.json"
    var json = JSONReader(file.bytes, allowsNonFinite: isConfig)
    do throws(JSONFailure) {
      try JSONKeys.check(&json)
      try json.end()
    } catch {
      let place = TextPosition(of: error.offset, in: file.bytes)
      let rule: FolderRule = error.kind == .duplicateKey ? .duplicateKey : .notJSON
      let flaw = rule == .notJSON ? "the file is not valid JSON: " : ""
      findings.add(
        Finding(
          rule, in: file.path, at: error.offset,
          "\(flaw)in line \(place.line), column \(place.column), \(error.message)",
          remedy: "mend the file, or fetch it again"))
    }
  }

  /// Why a file is no document, by its name; a warning if it may hold a part of the model.
  private static func reasonToLeaveOut(_ name: String) -> (FolderRule, String)? {
    if name.hasSuffix(".index.json")
      && weightEndings.contains(where: { name.hasSuffix(".\($0).index.json") })
    {
      return (.leftOut, "it is the index of other weights")
    }
    guard let ending = Paths.fileExtension(name)?.lowercased(), weightEndings.contains(ending)
    else {
      return nil
    }
    return readableEndings.contains(ending)
      ? (.contentLeftOut, "its weights are not those that are read")
      : (.leftOut, "weights of this format are not read")
  }

  /// The endings of weights that could be read in another place.
  private static let readableEndings: Set<String> = [
    "safetensors", "gguf", "bin", "pt", "pth", "ckpt", "onnx", "onnx_data", "npy", "npz", "tandem",
  ]

  private static let weightEndings: Set<String> = [
    "safetensors", "gguf", "ggml", "bin", "pt", "pth", "ckpt", "onnx", "onnx_data", "h5", "hdf5",
    "keras", "msgpack", "ot", "tflite", "pb", "npy", "npz", "pkl", "pickle", "joblib", "mlmodel",
    "litertlm", "tandem", "pte", "ptd", "zip", "tar", "gz", "xz", "bz2", "7z", "zst",
  ]
}

/// A place in a text as editors give it, both counted from 1; the column in bytes.
struct TextPosition {
  let line: Int
  let column: Int

  init(of offset: Int, in text: RawSpan) {
    var line = 1
    var start = 0
    for position in 0..<min(offset, text.byteCount) where text.byte(at: position) == 0x0A {
      line += 1
      start = position + 1
    }
    self.line = line
    self.column = offset - start + 1
  }
}
