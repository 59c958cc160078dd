import TandemBytes

/// What a file that is no readable checkpoint seems to be, by its first bytes.
struct FileSignature: Hashable {
  /// What it is, with its article.
  let phrase: String
  /// What to do about it.
  let remedy: String?

  init(_ phrase: String, _ remedy: String? = nil) {
    self.phrase = phrase
    self.remedy = remedy
  }

  /// Looks at the first bytes of a file; nil if they say nothing.
  init?(_ bytes: RawSpan) {
    let start = bytes.extracting(first: Self.length).array
    guard
      let found = Self.known.first(where: { $0.matches(start) })?.signature ?? Self.text(start)
    else { return nil }
    self = found
  }

  /// The finding on a file that is empty, or that no reader recognises.
  static func finding(on file: MappedFile) -> Finding {
    let bytes = file.bytes
    guard bytes.byteCount > 0 else {
      return Finding(
        FileRule.empty, in: file.path, "the file is empty", remedy: SafetensorsHeader.download)
    }
    let signature = FileSignature(bytes)
    let first = bytes.extracting(first: 8).array.map(\.hexadecimalDigits).joined(separator: " ")
    let guess =
      signature.map { "it seems to be \($0.phrase)" } ?? "that is no format that can be read"
    // config.json, tokenizer.json or an index says how to read the weights beside it.
    let isDescription = signature == jsonText && file.path.hasSuffix(".json")
    return Finding(
      FileRule.unrecognised, in: file.path, at: 0, "the file begins with \(first): \(guess)",
      remedy: isDescription
        ? "name its folder, '\(Paths.folder(file.path))', if it belongs to a model"
        : signature?.remedy)
  }

  /// How many bytes are looked at.
  private static let length = 512
}

/// The first bytes that tell a format, at an offset.
private struct Magic {
  let offset: Int
  let bytes: [UInt8]
  let signature: FileSignature

  init(_ bytes: [UInt8], at offset: Int = 0, _ phrase: String, _ remedy: String? = nil) {
    self.offset = offset
    self.bytes = bytes
    self.signature = FileSignature(phrase, remedy)
  }

  init(_ text: StaticString, at offset: Int = 0, _ phrase: String, _ remedy: String? = nil) {
    self.init(Array(text.description.utf8), at: offset, phrase, remedy)
  }

  func matches(_ start: [UInt8]) -> Bool { start.dropFirst(offset).starts(with: bytes) }
}

extension FileSignature {
  /// Of formats that are read by themselves, met where a file of another one belongs.
  private static let convert = "convert it by itself first: tandem convert FILE OUT.safetensors"
  private static let original = "convert the checkpoint that it was made from"
  private static let saveAgain =
    "save it again with a current PyTorch; unpack it if it is no checkpoint"
  private static let unpack = "unpack it first"
  private static let again = "download the file again, signed in if its model asks for that"

  /// The longer of two that begin alike stands first.
  private static let known: [Magic] = [
    Magic(
      "version https://git-lfs.github.com", "a Git LFS pointer",
      "fetch the file with 'git lfs pull'"),
    Magic(
      [0x89, 0x54, 0x44, 0x4D, 0x0D, 0x0A, 0x1A, 0x0A], "a tandem bundle, not a checkpoint",
      "give back what was packed: tandem unpack FILE -o FOLDER"),
    Magic("GGUF", "a GGUF file", convert),
    Magic([0x93] + Array("NUMPY".utf8), "an array of NumPy's", convert),
    Magic([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "a PNG image"),
    Magic([0xFF, 0xD8, 0xFF], "a JPEG image"),
    Magic("%PDF-", "a PDF document"),
    Magic([0x7F, 0x45, 0x4C, 0x46], "a program or library (ELF)"),
    Magic(
      [0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46], "an old PyTorch checkpoint (pickle)",
      convert),
    Magic(
      [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A], "an HDF5 file, as Keras writes it",
      "save its arrays with numpy.savez or safetensors"),
    Magic("LITERTLM", "a LiteRT-LM model", original),
    Magic("|TZR|", "a tensorizer file", "load it with tensorizer and save it as safetensors"),
    Magic("TFL3", at: 4, "a TensorFlow Lite model", original),
    Magic("ET12", at: 4, "an ExecuTorch program", original),
    Magic("FT01", at: 4, "an ExecuTorch data file", original),
    Magic("ORTM", at: 4, "a model in ONNX Runtime's own format", original),
    Magic("PAR1", "a Parquet file", "it holds a table, no tensors"),
    Magic("PYTORCH1", "a PyTorch preview archive, which no release writes", saveAgain),
    Magic("ustar", at: 257, "a tar archive, as PyTorch 0.1 wrote checkpoints", saveAgain),
    Magic("FUGG", "a big-endian GGUF file", "swap its bytes with gguf-py's gguf-convert-endian"),
    Magic("lmgg", "a ggml model from before GGUF", "convert it to GGUF with an old llama.cpp"),
    Magic("fmgg", "a ggmf model from before GGUF", "convert it to GGUF with an old llama.cpp"),
    Magic("tjgg", "a ggjt model from before GGUF", "convert it to GGUF with an old llama.cpp"),
    Magic("algg", "a ggla adapter from before GGUF", "convert it to GGUF with an old llama.cpp"),
    Magic([0x04, 0x22, 0x4D, 0x18], "an LZ4 frame", unpack),
    Magic([0x28, 0xB5, 0x2F, 0xFD], "a Zstandard file", unpack),
    Magic([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "an xz file", unpack),
    Magic([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "a 7z archive", unpack),
    Magic([0x1F, 0x8B], "a gzip file", unpack),
    Magic("BZh", "a bzip2 file", unpack),
  ]

  private static let jsonText = FileSignature("a JSON text", again)

  /// Signatures that take more than one comparison.
  private static func text(_ start: [UInt8]) -> FileSignature? {
    if start.starts(with: [0x50, 0x4B, 0x03, 0x04]) { return archive(start) }
    if let version = start.dropFirst().first, start.first == 0x80, (2...5).contains(version) {
      return FileSignature("a Python pickle, as older PyTorch checkpoints are", convert)
    }
    if let specification = cTranslate2Model(start) {
      return FileSignature("a CTranslate2 model (\(specification))", original)
    }
    let letters = String(decoding: start.drop { SafetensorsHeader.isWhitespace($0) }, as: UTF8.self)
      .lowercased()
    if letters.hasPrefix("<!doctype html") || letters.hasPrefix("<html") {
      return FileSignature("a web page, as servers send it instead of a file", again)
    }
    if letters.hasPrefix("<?xml") { return FileSignature("an XML text", again) }
    if letters.hasPrefix("{") { return jsonText }
    if start.count >= 16 && start.allSatisfy({ $0 == 0 }) {
      return FileSignature("a file of zeros, as an interrupted copy leaves it", again)
    }
    return nil
  }

  /// What a CTranslate2 model is, which begins with the version of its format, up to 6, and the name
  /// of a class: a u16 of its bytes, letters, NUL (`ctranslate2/specs/model_spec.py`).
  private static func cTranslate2Model(_ start: [UInt8]) -> String? {
    guard start.count > 6, 1...6 ~= start[0], start[1..<4].allSatisfy({ $0 == 0 }),
      start[5] == 0, start.count >= 6 + Int(start[4])
    else { return nil }
    let name = String(decoding: start[6..<6 + Int(start[4])].prefix { $0 != 0 }, as: UTF8.self)
    return name.hasSuffix("Spec") && name.allSatisfy(\.isLetter) ? name : nil
  }

  /// A zip archive, told by the name of its first entry.
  private static func archive(_ start: [UInt8]) -> FileSignature {
    let name = String(decoding: start.dropFirst(30).prefix(100), as: UTF8.self)
    if name.contains("data.pkl") || name.contains("/version") {
      return FileSignature("a PyTorch checkpoint", convert)
    }
    return FileSignature("a zip archive, as PyTorch checkpoints and NumPy's .npz are", convert)
  }
}

extension UInt8 {
  /// Two hexadecimal digits.
  var hexadecimalDigits: String {
    (self < 16 ? "0" : "") + String(self, radix: 16, uppercase: true)
  }

  /// The byte for a message: `the byte 0x0A`.
  var hexadecimal: String { "the byte 0x\(hexadecimalDigits)" }
}
