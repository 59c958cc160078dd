import CLinux
import Glibc
import TandemBundles
import TandemBytes
import TandemCheckpoints
import TandemJSON
import TandemModels
import TandemTensors
import TandemTokenizers

/// The entry point of libFuzzer: feeds an input to the reader that `FUZZ_TARGET` names.
///
/// Whatever the input, a reader must come back: with a result or with findings.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  Fuzzing.read(Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}

private enum Fuzzing {
  /// The reader that is fuzzed in this process.
  static let read: @Sendable ([UInt8]) -> Void =
    switch getenv("FUZZ_TARGET").map({ String(cString: $0) }) {
    case "json": readJSON
    case "bundle": readBundle
    case "pickle": readPickle
    case "tokenizer": readTokenizer
    case "template": readTemplate
    default: readCheckpoint
    }

  /// A file in memory that inputs are written to: the readers take paths.
  static let descriptor = open("/dev/shm", clinux_O_TMPFILE | O_RDWR, 0o600)
  static let path = "/proc/self/fd/\(descriptor)"

  static func write(_ bytes: [UInt8]) {
    precondition(ftruncate(descriptor, 0) == 0 && pwrite(descriptor, bytes, bytes.count, 0) >= 0)
  }

  @Sendable static func readCheckpoint(_ bytes: [UInt8]) {
    write(bytes)
    for isLenient in [false, true] {
      let reading = try? CheckpointReading.read(path: path, isLenient: isLenient)
      guard let checkpoint = reading?.checkpoint else { continue }
      for tensor in checkpoint.tensors {
        let file = checkpoint.files[tensor.fileIndex].file
        precondition(tensor.byteRange.upperBound <= file.byteCount)
        precondition(tensor.shape.byteCount(of: tensor.type) == tensor.byteCount)
      }
      _ = checkpoint.checksumFindings()
      _ = try? checkpoint.materialised(byteLimit: 1 << 22)
    }
  }

  /// Reads the input as the pickle of an archive with one storage of 24 bytes, so that the fuzzer
  /// gets behind the checksums.
  @Sendable static func readPickle(_ bytes: [UInt8]) {
    readCheckpoint(
      ZipFile.archive(["a/data.pkl": bytes, "a/data/0": [UInt8](repeating: 1, count: 24)]))
  }

  @Sendable static func readJSON(_ bytes: [UInt8]) {
    guard let document = try? JSONDocument(parsing: bytes.rawSpan) else { return }
    visit(document.root)
  }

  /// Reads an input as tokenizer.json and as GGUF metadata, and encodes its beginning.
  @Sendable static func readTokenizer(_ bytes: [UInt8]) {
    guard let file = try? MappedFile(copying: bytes.rawSpan, path: "input") else { return }
    let document = Document(name: "tokenizer.json", file: file)
    var sources = [(CheckpointMetadata.safetensors([]), [document])]
    if let metadata = try? GGUFMetadata(pairs: file) { sources.append((.gguf(metadata), [])) }
    for (metadata, documents) in sources {
      let checkpoint = Checkpoint(
        format: documents.isEmpty ? .gguf : .huggingFace, path: "input", files: [], tensors: [],
        metadata: metadata, documents: documents)
      guard let vocabulary = Vocabulary.read(checkpoint).vocabulary,
        let tokenizer = try? Tokenizer(vocabulary, in: "input")
      else { continue }
      let ids = tokenizer.encode(bytes.rawSpan.extracting(first: 4096))
      precondition(ids.allSatisfy { 0..<vocabulary.tokenCount ~= $0 })
      _ = tokenizer.decode(ids)
    }
  }

  /// Reads an input as a chat template, and renders it.
  @Sendable static func readTemplate(_ bytes: [UInt8]) {
    guard let template = try? ChatTemplate(bytes.rawSpan.lossyText) else { return }
    let message = TemplateValue.map([("role", .string("user")), ("content", .string("Hi"))])
    _ = try? template.render([
      ("messages", .list([message, message])), ("tools", .none), ("bos_token", .string("<s>")),
    ])
  }

  private static func visit(_ value: JSONValue) {
    _ = (value.string, value.int, value.double, value.bool)
    value.elements.forEach(visit)
    for member in value.members { visit(member.value) }
  }

  /// Opens a bundle whose two checksums are made right, so that the fuzzer gets behind them.
  @Sendable static func readBundle(_ input: [UInt8]) {
    var bytes = input
    seal(&bytes)
    write(bytes)
    guard let bundle = try? TandemBundle(path: path) else { return }
    for member in bundle.members {
      _ = bundle.fields(of: member)
      _ = try? bundle.sourceFiles(of: member)
      for index in member.tensors {
        let name = bundle.tensorName(at: index)
        precondition(bundle.tensorIndex(name, of: member) == index)
        let view = bundle.tensor(at: index)
        precondition(view.shape.byteCount(of: view.type) == view.bytes.byteCount)
      }
    }
    for section in bundle.sections { _ = try? bundle.plainBytes(of: section) }
    _ = (bundle.relations, bundle.verify())
  }

  private static func seal(_ bytes: inout [UInt8]) {
    let superblock = 4096
    guard bytes.count >= superblock else { return }
    let length = bytes.rawSpan.littleEndian(UInt64.self, at: 56)
    if length <= UInt64(bytes.count - superblock) {
      let directory = Array(bytes[superblock..<superblock + Int(length)])
      bytes.replaceSubrange(64..<96, with: BlockDigest.digest(of: directory.rawSpan).bytes)
    }
    let own = SHA256Hasher.digest(of: Array(bytes[..<4064]).rawSpan)
    bytes.replaceSubrange(4064..<4096, with: own.bytes)
  }
}
