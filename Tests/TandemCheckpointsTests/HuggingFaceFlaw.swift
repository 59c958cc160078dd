import TandemBytes
import TandemCheckpoints
import TandemTestSupport
import Testing

/// A model folder in parts, from which tests make bad ones by one change.
struct ModelFolder {
  var files: [String: [UInt8]] = [:]
  /// Paths and what they link to.
  var links: [String: String] = [:]

  static let first = "model-00001-of-00002.safetensors"
  static let second = "model-00002-of-00002.safetensors"
  static let index = "model.safetensors.index.json"

  /// Tensor `a` in the first shard, `b` in the second.
  static let sharded = ModelFolder(files: [
    "config.json": Array("{}".utf8),
    first: shard("a", [2, 2]),
    second: shard("b", [2]),
    index: Array(
      (#"{"metadata":{"total_size":24},"weight_map":"#
        + #"{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}"#).utf8
    ),
  ])

  /// Both tensors in one file.
  static let single = ModelFolder(files: [
    "config.json": Array("{}".utf8), "model.safetensors": SafetensorsBytes.good.bytes,
  ])

  static func shard(_ name: String, _ shape: [Int]) -> [UInt8] {
    let count = shape.reduce(4, *)
    let header =
      #"{"\#(name)":{"dtype":"F32","shape":\#(shape),"data_offsets":[0,\#(count)]}}"#
    return SafetensorsBytes(header: header, data: Array(repeating: 0, count: count)).bytes
  }

  /// Changes text in a file.
  mutating func replace(_ old: String, with new: String, in name: String) {
    let text = String(decoding: files[name] ?? [], as: UTF8.self)
    files[name] = Array(text.replacing(old, with: new).utf8)
  }

  func reading(in folder: TemporaryFolder) throws -> CheckpointReading {
    for (name, bytes) in files {
      try folder.makeFolders(for: name)
      try folder.write(bytes, to: name)
    }
    for (name, target) in links { try folder.link(name, to: target) }
    return try CheckpointReading.read(path: folder.path, isLenient: false)
  }
}

/// A change of a good folder, and what is said of it.
struct HuggingFaceFlaw: CustomTestStringConvertible {
  let what: String
  let folder: ModelFolder
  let messages: [String]

  var testDescription: String { what }

  /// Changes a folder.
  init(
    _ what: String, in folder: ModelFolder = .sharded, _ messages: String...,
    change: (inout ModelFolder) -> Void
  ) {
    self.what = what
    self.messages = messages
    var folder = folder
    change(&folder)
    self.folder = folder
  }

  /// Changes one place of the index.
  init(_ what: String, _ old: String, _ new: String, _ messages: String...) {
    self.what = what
    self.messages = messages
    var folder = ModelFolder.sharded
    folder.replace(old, with: new, in: ModelFolder.index)
    self.folder = folder
  }
}
