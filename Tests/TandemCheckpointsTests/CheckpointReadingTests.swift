import TandemBytes
import TandemCheckpoints
import TandemTestSupport
import Testing

@Suite struct CheckpointReadingTests {
  @Test(arguments: ["x.safetensors", "x", "x.gguf", "x.bin", "x.txt"])
  func `a format is told by content, and a name that ends like another format's is noted`(
    name: String
  ) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(SafetensorsBytes.good.bytes, to: name)
    let reading = try CheckpointReading.read(path: path, isLenient: false)
    #expect(try reading.get().format == .safetensors)
    let misleading = ["x.gguf", "x.bin"].contains(name)
    let message =
      "\(name): the name ends in '\(name.dropFirst())', the content is that of '.safetensors' [FI003]"
    #expect(reading.messages(in: folder) == (misleading ? [message] : []))
  }

  @Test(arguments: CheckpointSample.all(in: "hostile/gguf").filter { $0.name.hasSuffix(".gguf") })
  func `a hostile GGUF file gets its own finding`(sample: CheckpointSample) throws {
    let findings = try CheckpointReading.read(path: sample.path, isLenient: false).findings
    #expect(findings.worstCodes == [sample.code], "\(findings.all.map(\.description))")
  }

  @Test func `a folder of one GGUF model is read, with one of several models not`() throws {
    let folder = try TemporaryFolder()
    func copy(_ sample: String, to name: String) throws {
      let path = CheckpointSample.all(in: "good/gguf").first { $0.name == sample }?.path
      try folder.write(contents(of: try #require(path)), to: name)
    }
    try copy("tiny-00001-of-00002.gguf", to: "m-00001-of-00002.gguf")
    try copy("tiny-00002-of-00002.gguf", to: "m-00002-of-00002.gguf")
    let reading = try CheckpointReading.read(path: folder.path, isLenient: false)
    #expect(try reading.get().format == .gguf)
    #expect(try reading.get().files.count == 2)
    try copy("tiny-llama.gguf", to: "other.gguf")
    #expect(
      try CheckpointReading.read(path: folder.path, isLenient: false).findings.all.map(\.message)
        == [
          "the folder holds no safetensors file, but 3 others with tensors: "
            + "'m-00001-of-00002.gguf', 'm-00002-of-00002.gguf', 'other.gguf'"
        ])
  }

  @Test(arguments: ["onnx", "npz", "pytorch", "npy"])
  func `a folder with one file of another format is that file`(_ format: String) throws {
    let folder = try TemporaryFolder()
    let sample = try #require(
      CheckpointSample.all(in: "good/\(format)").first { Paths.fileExtension($0.path) != nil })
    let ending = try #require(Paths.fileExtension(sample.path))
    try folder.write(contents(of: sample.path), to: "weights.\(ending)")
    try folder.write(Array("{}".utf8), to: "config.json")
    let reading = try CheckpointReading.read(path: folder.path, isLenient: false)
    #expect(try reading.get().path == "\(folder.path)/weights.\(ending)")
    try folder.write(contents(of: sample.path), to: "other.\(ending)")
    let both = try CheckpointReading.read(path: folder.path, isLenient: false)
    #expect(both.findings.all.map(\.remedy) == ["name the file that is meant"])
  }

  /// First bytes of a file and what is said of it.
  struct Signature: CustomTestStringConvertible {
    let bytes: [UInt8]
    let message: String
    var testDescription: String { message }

    init(_ bytes: [UInt8], _ message: String) {
      self.bytes = bytes
      self.message = message
    }

    init(_ text: String, _ message: String) { self.init(Array(text.utf8), message) }
  }

  @Test(arguments: [
    Signature([], "the file is empty; download or copy the file again [FI001]"),
    Signature([7], "the file begins with 07: that is no format that can be read [FI002]"),
    Signature(
      "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
      "the file begins with 76 65 72 73 69 6F 6E 20: it seems to be a Git LFS pointer; "
        + "fetch the file with 'git lfs pull' [FI002]"),
    Signature(
      [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A],
      "the file begins with 89 50 4E 47 0D 0A 1A 0A: it seems to be a PNG image [FI002]"),
    Signature(
      Array(repeating: 0, count: 257) + Array("ustar".utf8),
      "the file begins with 00 00 00 00 00 00 00 00: it seems to be a tar archive, as PyTorch 0.1 "
        + "wrote checkpoints; save it again with a current PyTorch; unpack it if it is no checkpoint "
        + "[FI002]"),
    Signature(
      "PYTORCH1",
      "the file begins with 50 59 54 4F 52 43 48 31: it seems to be a PyTorch preview archive, "
        + "which no release writes; save it again with a current PyTorch; unpack it if it is no "
        + "checkpoint [FI002]"),
    Signature(
      [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A],
      "the file begins with 89 48 44 46 0D 0A 1A 0A: it seems to be an HDF5 file, as Keras writes "
        + "it; save its arrays with numpy.savez or safetensors [FI002]"),
    Signature(
      [6, 0, 0, 0, 12, 0] + Array("WhisperSpec".utf8) + [0, 3, 0, 0, 0],
      "the file begins with 06 00 00 00 0C 00 57 68: it seems to be a CTranslate2 model "
        + "(WhisperSpec); convert the checkpoint that it was made from [FI002]"),
    Signature(
      "\u{1C}\0\0\0TFL3",
      "the file begins with 1C 00 00 00 54 46 4C 33: it seems to be a TensorFlow Lite model; "
        + "convert the checkpoint that it was made from [FI002]"),
    Signature(
      "|TZR|\0\u{4}",
      "the file begins with 7C 54 5A 52 7C 00 04: it seems to be a tensorizer file; load it with "
        + "tensorizer and save it as safetensors [FI002]"),
    Signature(
      [0x04, 0x22, 0x4D, 0x18, 0x64, 0x40, 0xA7, 0],
      "the file begins with 04 22 4D 18 64 40 A7 00: it seems to be an LZ4 frame; "
        + "unpack it first [FI002]"),
    Signature(
      "\n<!DOCTYPE HTML><title>401</title>",
      "the file begins with 0A 3C 21 44 4F 43 54 59: it seems to be a web page, as servers send "
        + "it instead of a file; download the file again, signed in if its model asks for that "
        + "[FI002]"),
    Signature(
      "{\"error\":\"Repository not found\"}",
      "the file begins with 7B 22 65 72 72 6F 72 22: it seems to be a JSON text; download the "
        + "file again, signed in if its model asks for that [FI002]"),
  ])
  func `a file of another kind is named with what to do`(example: Signature) throws {
    let folder = try TemporaryFolder()
    for name in ["x", "x.safetensors", "x.gguf"] where example.bytes.count != 1 || name == "x" {
      let path = try folder.write(example.bytes, to: name)
      let place = example.bytes.isEmpty ? name : "\(name) at byte 0"
      #expect(
        try CheckpointReading.read(path: path, isLenient: false).messages(in: folder)
          == ["\(place): \(example.message)"])
    }
  }
}
