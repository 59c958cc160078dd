import TandemBytes
import TandemCheckpoints
import TandemModels
import TandemTensors
import TandemTestSupport

/// The good GGUF sample, whose key–value pairs tests change before they load it.
struct TinyGGUF {
  private var pairs: [(key: String, bytes: [UInt8])] = []
  private var infos: [UInt8] = []
  private var data: [UInt8] = []
  private var tensorCount = 0

  init() throws {
    let checkpoint = try Samples.checkpoint("good/gguf/tiny-llama-f16.gguf")
    guard case .gguf(let metadata) = checkpoint.metadata else { return }
    let file = metadata.file
    for entry in metadata.entries {
      pairs.append((entry.key, file.bytes.extracting(entry.byteRange).array))
    }
    tensorCount = checkpoint.tensors.count
    let start = metadata.entries.last?.byteRange.upperBound ?? 24
    let infoByteCount = checkpoint.tensors.reduce(0) {
      $0 + 8 + $1.name.utf8.count + 4 + 8 * $1.shape.rank + 4 + 8
    }
    infos = file.bytes.extracting(start..<start + infoByteCount).array
    data = file.bytes.extracting(checkpoint.files[0].headerByteCount..<file.byteCount).array
  }

  /// Sets a pair: a value's type number and its bytes.
  mutating func set(_ key: String, type: UInt32, _ bytes: [UInt8]) {
    var pair: [UInt8] = []
    pair.append(littleEndian: UInt64(key.utf8.count))
    pair += Array(key.utf8)
    pair.append(littleEndian: type)
    pair += bytes
    remove(key)
    pairs.append((key, pair))
  }

  mutating func set(_ key: String, count value: UInt32) {
    set(key, type: 4, littleEndianBytes(value))
  }

  mutating func set(_ key: String, _ value: Float) {
    set(key, type: 6, littleEndianBytes(value.bitPattern))
  }

  mutating func set(_ key: String, _ value: String) {
    set(key, type: 8, littleEndianBytes(UInt64(value.utf8.count)) + Array(value.utf8))
  }

  mutating func set(_ key: String, list: [UInt32]) {
    let head = littleEndianBytes(UInt32(4)) + littleEndianBytes(UInt64(list.count))
    set(key, type: 9, head + list.flatMap { littleEndianBytes($0) })
  }

  /// Adds a vector of F32 behind the other tensors.
  mutating func add(_ name: String, _ numbers: [Float]) {
    infos += littleEndianBytes(UInt64(name.utf8.count)) + Array(name.utf8)
    infos += littleEndianBytes(UInt32(1)) + littleEndianBytes(UInt64(numbers.count))
    infos += littleEndianBytes(UInt32(0)) + littleEndianBytes(UInt64(data.count))
    data += numbers.flatMap { littleEndianBytes($0.bitPattern) }
    data += [UInt8](repeating: 0, count: (32 - data.count % 32) % 32)
    tensorCount += 1
  }

  /// Gives a tensor another name of the same length.
  mutating func rename(_ old: String, _ new: String) {
    let (old, new) = (Array(old.utf8), Array(new.utf8))
    precondition(old.count == new.count, "rename: lengths differ")
    for start in 0..<infos.count - old.count where infos[start...].starts(with: old) {
      infos.replaceSubrange(start..<start + old.count, with: new)
    }
  }

  mutating func remove(_ key: String) { pairs.removeAll { $0.key == key } }

  func load() throws -> (model: Model, findings: [Finding]) {
    let folder = try TemporaryFolder()
    var bytes = Array("GGUF".utf8) + littleEndianBytes(UInt32(3))
    bytes += littleEndianBytes(UInt64(tensorCount)) + littleEndianBytes(UInt64(pairs.count))
    for pair in pairs { bytes += pair.bytes }
    bytes += infos
    bytes += [UInt8](repeating: 0, count: (32 - bytes.count % 32) % 32)
    let path = try folder.write(bytes + data, to: "tiny.gguf")
    let reading = try CheckpointReading.read(path: path, isLenient: false)
    let (model, findings) = Model.load(try reading.get())
    return (model, findings.all + model.validate(includingValues: false).all)
  }
}

func littleEndianBytes(_ value: some FixedWidthInteger) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.append(littleEndian: value)
  return bytes
}
