import TandemBytes
import TandemCheckpoints
import TandemModels
import TandemTensors
import TandemTestSupport
import Testing

/// A model folder that tests change before they load it; begins as one of the good samples.
struct TinyModel {
  struct Tensor {
    var name: String
    var type: ElementType
    var shape: [Int]
    var bytes: [UInt8]
  }

  /// The texts of the JSON files by name.
  var files: [String: String] = [:]
  var tensors: [Tensor] = []

  init(_ name: String = "tiny-llama") throws {
    let checkpoint = try Samples.checkpoint("good/huggingface/\(name)")
    for document in checkpoint.documents { files[document.name] = document.file.bytes.utf8Text }
    for tensor in checkpoint.tensors {
      let file = checkpoint.files[tensor.fileIndex].file
      tensors.append(
        Tensor(
          name: tensor.name, type: tensor.type, shape: tensor.shape.dimensions,
          bytes: file.bytes.extracting(tensor.byteRange).array))
    }
  }

  /// Replaces a text that occurs in a file.
  mutating func replace(_ old: String, _ new: String, in file: String = "config.json") {
    let parts = (files[file] ?? "").split(separator: old, omittingEmptySubsequences: false)
    precondition(parts.count > 1, "replace: '\(old)' is not in \(file)")
    files[file] = parts.joined(separator: new)
  }

  /// Sets a key of an object; the text stands for any JSON value, nil removes the key.
  mutating func set(_ key: String, _ value: String?, in file: String = "config.json") {
    var lines = (files[file] ?? "").split(separator: "\n").filter { !$0.hasPrefix("  \"\(key)\":") }
    if let value { lines.insert("  \"\(key)\": \(value),", at: 1) }
    if let last = lines.indices.last(where: { lines[$0] != "}" }), lines[last].hasSuffix(",") {
      lines[last].removeLast()
    }
    files[file] = lines.joined(separator: "\n") + "\n"
  }

  mutating func change(_ name: String, _ body: (inout Tensor) -> Void) {
    for index in tensors.indices where tensors[index].name == name { body(&tensors[index]) }
  }

  /// Adds a tensor of zeros.
  mutating func add(_ name: String, _ type: ElementType = .bf16, _ shape: [Int]) {
    let byteCount = Shape(shape).byteCount(of: type) ?? 0
    tensors.append(
      Tensor(
        name: name, type: type, shape: shape, bytes: [UInt8](repeating: 0, count: byteCount)))
  }

  /// Writes the folder and reads it.
  func checkpoint(in folder: TemporaryFolder) throws -> Checkpoint {
    for (name, text) in files {
      try folder.makeFolders(for: name)
      try folder.write(Array(text.utf8), to: name)
    }
    try folder.write(safetensors, to: "model.safetensors")
    let reading = try CheckpointReading.read(path: folder.path, isLenient: false)
    return try reading.get()
  }

  /// Everything that is found, as `CODE item`, or `CODE` without one.
  func findings(includingValues: Bool = false) throws -> [String] {
    try allFindings(includingValues: includingValues).map(\.short)
  }

  func allFindings(includingValues: Bool = false) throws -> [Finding] {
    let folder = try TemporaryFolder()
    let (model, findings) = Model.load(try checkpoint(in: folder))
    return findings.all + model.validate(includingValues: includingValues).all
  }

  func model() throws -> Model { Model.load(try checkpoint(in: TemporaryFolder())).model }

  private var safetensors: [UInt8] {
    var entries: [String] = []
    var data: [UInt8] = []
    for tensor in tensors {
      let range = "[\(data.count),\(data.count + tensor.bytes.count)]"
      entries.append(
        "\"\(tensor.name)\":{\"dtype\":\"\(tensor.type.name)\",\"shape\":\(tensor.shape),\"data_offsets\":\(range)}"
      )
      data += tensor.bytes
    }
    let header = Array("{\(entries.joined(separator: ","))}".utf8)
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt64(header.count))
    return bytes + header + data
  }
}

extension Finding {
  var short: String { item.map { "\(code) \($0)" } ?? code }
}
