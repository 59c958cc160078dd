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
  private static let convert = "convert it to safetensors first"
  private static let saveAgain =
    "save it again with a current PyTorch; unpack it if it is no checkpoint"
  private static let unpack = "unpack it first"
  private static let again = "download the file again, signed in if its model asks for that"

  /// The longer of two that begin alike stands first.
  private static let known: [Magic] = [
    Magic(
      "version https://git-lfs.github.com", "a Git LFS pointer",
      "fetch the file with 'git lfs pull'"),
    Magic([0x89, 0x54, 0x44, 0x4D, 0x0D, 0x0A, 0x1A, 0x0A], "a tandem bundle, not a checkpoint"),
    Magic([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "a PNG image"),
    Magic([0xFF, 0xD8, 0xFF], "a JPEG image"),
    Magic("%PDF-", "a PDF document"),
    Magic([0x7F, 0x45, 0x4C, 0x46], "a program or library (ELF)"),
    Magic(
      [0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46], "an old PyTorch checkpoint (pickle)",
      convert),
    Magic(
      [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A], "an HDF5 file, as Keras writes it", convert),
    Magic("LITERTLM", "a LiteRT-LM model"),
    Magic("|TZR|", "a tensorizer file", convert),
    Magic("TFL3", at: 4, "a TensorFlow Lite model"),
    Magic("ET12", at: 4, "an ExecuTorch program"),
    Magic("FT01", at: 4, "an ExecuTorch data file"),
    Magic("PYTORCH1", "a PyTorch preview archive, which no release writes", saveAgain),
    Magic("ustar", at: 257, "a tar archive, as PyTorch 0.1 wrote checkpoints", saveAgain),
    Magic("FUGG", "a big-endian GGUF file"),
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

  /// A zip archive, told by the name of its first entry.
  private static func archive(_ start: [UInt8]) -> FileSignature {
    let name = String(decoding: start.dropFirst(30).prefix(100), as: UTF8.self)
    if name.contains("data.pkl") || name.contains("/version") {
      return FileSignature("a PyTorch checkpoint", convert)
    }
    return FileSignature("a zip archive, as PyTorch checkpoints are", convert)
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
