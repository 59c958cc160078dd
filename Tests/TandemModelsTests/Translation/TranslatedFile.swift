import TandemBytes
import TandemCheckpoints
import TandemModels
import TandemTensors
import TandemTestSupport

/// Writes what a translation says, whole and in memory, to be read again.
struct TranslatedFile {
  let model: Model
  let translation: ModelTranslation
  /// The type of tensors that need not be F32.
  let type: ElementType

  init(_ model: Model, to target: TensorNaming, as type: ElementType, name: String? = nil) {
    self.model = model
    self.type = type
    var options = ModelTranslation.Options(elementType: type)
    options.name = name
    translation = ModelTranslation(model, to: target, options)
  }

  /// The model, read from the file or folder that is made.
  func read(in folder: TemporaryFolder) throws -> (model: Model, findings: Findings) {
    let path = translation.target == .gguf ? try writeGGUF(folder) : try writeFolder(folder)
    let reading = try CheckpointReading.read(path: path, isLenient: false)
    let (model, findings) = Model.load(try reading.get())
    var all = reading.findings
    all.add(contentsOf: findings)
    all.add(contentsOf: model.validate(includingValues: false))
    return (model, all)
  }

  /// A tensor's bytes in its new type.
  private func bytes(_ tensor: TranslatedTensor) -> [UInt8] {
    let newType = tensor.needsF32 ? .f32 : type
    guard case .stored(let index) = tensor.source else {
      guard case .numbers(let numbers) = tensor.source else { return [] }
      return numbers.flatMap { littleEndianBytes($0.bitPattern) }
    }
    let stored = model.checkpoint.tensors[index]
    let source = model.checkpoint.bytes(of: stored)
    let plain = Self.convert(source, stored.type, .f32)
    var changed: [UInt8] = []
    let rowCount = tensor.shape.dimensions.first ?? 1
    // Piece by piece, as a converter does it.
    for start in stride(from: 0, to: rowCount, by: 7) {
      tensor.change.append(
        start..<min(start + 7, rowCount), of: plain.rawSpan, stored.shape, .f32, to: &changed)
    }
    return Self.convert(changed, .f32, newType)
  }

  /// Elements in another of the types F32, F16 and BF16.
  private static func convert(
    _ bytes: [UInt8], _ old: ElementType, _ new: ElementType
  ) -> [UInt8] {
    if old == new { return bytes }
    let size = old.block.byteCount
    var result: [UInt8] = []
    for offset in stride(from: 0, to: bytes.count, by: size) {
      let span = bytes.rawSpan
      let number: Float =
        switch old {
        case .bf16: Float(bitPattern: UInt32(span.littleEndian(UInt16.self, at: offset)) << 16)
        case .f16: Float(Float16(bitPattern: span.littleEndian(at: offset)))
        default: Float(bitPattern: span.littleEndian(at: offset))
        }
      switch new {
      case .bf16:
        let bits = number.bitPattern
        result += littleEndianBytes(UInt16((bits + 0x7FFF + (bits >> 16 & 1)) >> 16))
      case .f16: result += littleEndianBytes(Float16(number).bitPattern)
      default: result += littleEndianBytes(number.bitPattern)
      }
    }
    return result
  }

  private func writeGGUF(_ folder: TemporaryFolder) throws -> String {
    var findings = Findings()
    let tensors = translation.tensors.compactMap {
      OutputTensor(name: $0.name, type: $0.needsF32 ? .f32 : type, shape: $0.shape)
    }
    guard
      let layout = GGUFLayout(tensors, pairs: translation.pairs, path: "model.gguf", &findings)
    else { throw findings.firstError ?? Finding(FileRule.empty, in: "", "no layout") }
    var file = [UInt8](repeating: 0, count: layout.byteCount)
    for piece in layout.frame(checksums: []) {
      file.replaceSubrange(piece.offset..<piece.offset + piece.bytes.count, with: piece.bytes)
    }
    for (place, tensor) in zip(layout.places, translation.tensors) {
      file.replaceSubrange(place, with: bytes(tensor))
    }
    return try folder.write(file, to: "model.gguf")
  }

  private func writeFolder(_ folder: TemporaryFolder) throws -> String {
    for (name, text) in translation.documents {
      try folder.makeFolders(for: name)
      try folder.write(Array(text.utf8), to: name)
    }
    var entries: [String] = []
    var data: [UInt8] = []
    for tensor in translation.tensors {
      let bytes = bytes(tensor)
      let range = "[\(data.count),\(data.count + bytes.count)]"
      let type = tensor.needsF32 ? ElementType.f32 : type
      entries.append(
        "\"\(tensor.name)\":{\"dtype\":\"\(type.name)\",\"shape\":\(tensor.shape),\"data_offsets\":\(range)}"
      )
      data += bytes
    }
    let header = Array("{\(entries.joined(separator: ","))}".utf8)
    try folder.write(
      littleEndianBytes(UInt64(header.count)) + header + data, to: "model.safetensors")
    return folder.path
  }
}

extension Model {
  /// Each tensor's type, shape and bytes by name, without buffers.
  var contents: [String: String] {
    var contents: [String: String] = [:]
    for tensor in checkpoint.tensors where tensorMap?.place(of: tensor.name)?.role != .buffer {
      let bytes = checkpoint.bytes(of: tensor)
      contents[tensor.name] =
        "\(tensor.type.name) \(tensor.shape) \(bytes)"
    }
    return contents
  }

  /// The configuration's fields, without those that tell where it comes from.
  var fields: [String] {
    (configuration?.fields ?? []).filter { $0.key != "source.dtype" }.map {
      "\($0.key) = \($0.value)"
    }
  }

  var texts: [String] {
    guard let tokens = vocabulary?.tokens else { return [] }
    return (0..<tokens.count).map { tokens.text($0) }
  }
}

extension Checkpoint {
  func bytes(of tensor: TensorDescriptor) -> [UInt8] {
    let file = files[tensor.fileIndex].file
    return file.bytes.extracting(tensor.byteRange).array
  }

  /// The first file.
  var fileBytes: [UInt8] {
    let file = files[0].file
    return file.bytes.array
  }
}
