import TandemBytes
import TandemCheckpoints
import TandemConversion
import TandemTensors
import TandemTestSupport
import Testing

/// A tensor of a test's source.
struct SourceTensor {
  let name: String
  let type: ElementType
  let shape: Shape
  let bytes: [UInt8]

  init(_ name: String, _ type: ElementType, _ shape: Shape, _ bytes: [UInt8]) {
    self.name = name
    self.type = type
    self.shape = shape
    self.bytes = bytes
  }

  /// Numbers from 0 on.
  init(_ name: String, floats count: Int, _ shape: Shape? = nil) {
    var bytes: [UInt8] = []
    for value in 0..<count { bytes.append(littleEndian: Float(value).bitPattern) }
    self.init(name, .f32, shape ?? [count], bytes)
  }
}

/// Conversions in a folder that is gone with this object.
struct ConversionRun {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  func path(_ name: String) -> String { "\(folder.path)/\(name)" }

  /// Writes a safetensors file by hand.
  func source(_ tensors: [SourceTensor], metadata: String = "") throws -> String {
    var entries = metadata.isEmpty ? [] : ["\"__metadata__\":\(metadata)"]
    var data: [UInt8] = []
    for tensor in tensors {
      let end = data.count + tensor.bytes.count
      entries.append(
        "\"\(tensor.name)\":{\"dtype\":\"\(tensor.type.name)\",\"shape\":\(tensor.shape),"
          + "\"data_offsets\":[\(data.count),\(end)]}")
      data += tensor.bytes
    }
    let header = Array("{\(entries.joined(separator: ","))}".utf8)
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt64(header.count))
    return try folder.write(bytes + header + data, to: "source.safetensors")
  }

  func checkpoint(_ path: String) throws -> Checkpoint {
    try CheckpointReading.read(path: path, isLenient: false).get()
  }

  func plan(
    _ source: String, to name: String, _ change: (inout ConversionOptions) -> Void = { _ in }
  ) throws -> ConversionPlan {
    let format = try #require(ConversionFormat(output: name))
    var options = ConversionOptions(format)
    change(&options)
    return try ConversionPlan(
      ConversionSource(checkpoint(source)), to: path(name), options)
  }

  /// Plans, writes, and reads what was written.
  @discardableResult
  func convert(
    _ source: String, to name: String, _ change: (inout ConversionOptions) -> Void = { _ in }
  ) throws -> Checkpoint {
    let plan = try plan(source, to: name, change)
    try #require(!plan.findings.hasErrors, "\(plan.findings.all.map(\.description))")
    _ = try Converter(plan).write()
    let reading = try CheckpointReading.read(path: path(name), isLenient: false)
    #expect(reading.findings.worstSeverity ?? .note < .error)
    return try reading.get()
  }
}

extension Checkpoint {
  /// The bytes of a tensor, copied.
  func bytes(of tensor: TensorDescriptor) -> [UInt8] {
    let file = files[tensor.fileIndex].file
    return file.bytes.extracting(tensor.byteRange).array
  }

  /// The tensors by name, to be compared with another checkpoint's.
  var contents: [String: TensorContent] {
    let pairs = tensors.map {
      ($0.name, TensorContent(type: $0.type, shape: $0.shape, bytes: bytes(of: $0)))
    }
    return Dictionary(uniqueKeysWithValues: pairs)
  }
}

struct TensorContent: Equatable {
  let type: ElementType
  let shape: Shape
  let bytes: [UInt8]
}

/// A checkpoint under `samples`.
struct ConversionSample: CustomTestStringConvertible {
  let path: String
  var testDescription: String { Paths.name(path) }

  static let safetensors = all(in: "good/safetensors")
  static let gguf = all(in: "good/gguf").filter { !$0.path.contains("-00002-of-") }

  static let pytorch = all(in: "good/pytorch")

  static func all(in folder: String) -> [ConversionSample] {
    let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let folder = "/\(root)/samples/\(folder)"
    return ((try? Paths.names(in: folder)) ?? []).map { ConversionSample(path: "\(folder)/\($0)") }
  }
}
