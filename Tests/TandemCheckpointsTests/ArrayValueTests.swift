import TandemBytes
import TandemCheckpoints
import TandemTensors
import TandemTestSupport
import Testing

/// What comes of tensors that are stored otherwise than in place.
@Suite struct ArrayValueTests {
  /// The bytes of each tensor of a good sample, once all are in place.
  private func values(_ sample: String) throws -> [String: [UInt8]] {
    let root = try #require(CheckpointSample.all(in: "good").first).path
    let path = "\(Paths.folder(root))/\(sample)"
    return try Self.values(of: CheckpointReading.read(path: path, isLenient: false).get())
  }

  private static func values(of checkpoint: Checkpoint) throws -> [String: [UInt8]] {
    let plain = try checkpoint.materialised()
    var values: [String: [UInt8]] = [:]
    for tensor in plain.tensors {
      #expect(tensor.form == .inPlace)
      let file = plain.files[tensor.fileIndex].file
      let bytes = file.bytes.extracting(tensor.byteRange)
      values[tensor.name] = bytes.array
    }
    return values
  }

  @Test func `single numbers and packed runs give the same as one run`() throws {
    let values = try values("onnx/single-numbers.onnx")
    let floats = { (numbers: [Float]) in numbers.flatMap { [UInt8]($0.bitPattern) } }
    #expect(values["float"] == floats([1, 2]))
    #expect(values["mixed"] == floats([1, 2, 3, 4, 5]))
    #expect(values["runs"] == [1.0, 2, 3].flatMap { [UInt8](($0 as Double).bitPattern) })
    #expect(values["int64"] == [-1, 2, 3, 4].flatMap { [UInt8]($0 as Int64) })
    #expect(values["half"] == [0x00, 0x3C, 0x00, 0x40])
    #expect(values["packed-dims"] == [0, 1, 2, 3, 4, 5])
  }

  @Test func `varints become numbers of their type`() throws {
    let values = try values("onnx/typed-fields.onnx")
    #expect(values["int8"] == [0x80, 0, 0x7F])
    #expect(values["uint16"] == [0, 0, 0xFF, 0xFF])
    #expect(values["int32"] == [Int32.min, 0, .max].flatMap { [UInt8]($0) })
    #expect(values["int64"] == [Int64.min, 0, .max].flatMap { [UInt8]($0) })
    #expect(values["uint64"] == [0, UInt64.max].flatMap { [UInt8]($0) })
    #expect(values["bfloat"] == [0x80, 0x3F, 0x00, 0xC0])
    #expect(values["float4"] == [0x21, 0x43])
  }

  @Test func `deflated members hold the same arrays as stored ones`() throws {
    let stored = try values("npz/stored.npz")
    #expect(stored.keys.sorted() == ["bias", "empty", "layers/0/kernel", "step", "weight"])
    #expect(try values("npz/deflated.npz") == stored)
    #expect(try values("npz/mixed.npz") == stored)
  }

  @Test func `column-major and big-endian elements are brought in order`() throws {
    // Rows 0 1 2 and 3 4 5, column by column, the high byte first.
    let header = "{'descr': '>u2', 'fortran_order': True, 'shape': (2, 3)}"
    let bytes: [UInt8] = [0, 0, 0, 3, 0, 1, 0, 4, 0, 2, 0, 5]
    let values = try Self.values(of: read(header, bytes, isLenient: false).get())
    #expect(values == ["x": (0..<6).flatMap { [UInt8]($0 as UInt16) }])
  }

  @Test func `two bytes without a type are BF16 if that is wanted`() throws {
    let header = "{'descr': '<V2', 'fortran_order': False, 'shape': (2,)}"
    let bytes: [UInt8] = [0x80, 0x3F, 0x00, 0xC0]
    #expect(try read(header, bytes, isLenient: false).findings.all.map(\.code) == ["NP009"])
    let reading = try read(header, bytes, isLenient: true)
    #expect(reading.findings.all.map(\.code) == ["NP015"])
    #expect(try reading.get().tensors.map(\.type) == [.bf16])
    #expect(try Self.values(of: reading.get()) == ["x": bytes])
  }

  /// Reads an array of version 1.0 whose data begin at a multiple of 64.
  private func read(
    _ header: String, _ data: [UInt8], isLenient: Bool
  ) throws -> CheckpointReading {
    var text = Array(header.utf8)
    while (10 + text.count + 1) % 64 != 0 { text.append(0x20) }
    text.append(0x0A)
    let start: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0] + [UInt8](UInt16(text.count))
    let folder = try TemporaryFolder()
    let path = try folder.write(start + text + data, to: "x.npy")
    return try CheckpointReading.read(path: path, isLenient: isLenient)
  }
}
