import Glibc
import TandemBytes
import TandemCheckpoints
import TandemTensors
import TandemTestSupport
import Testing

@Suite struct ONNXReaderTests {
  private func checkpoint(_ sample: String) throws -> Checkpoint {
    let path = try #require(CheckpointSample.all(in: "good").first).path
    return try ONNXReader.read(path: "\(Paths.folder(path))/onnx/\(sample)").get()
  }

  @Test func `tensors of inner graphs are called by the way to them`() throws {
    let names = try checkpoint("subgraphs.onnx").tensors.map(\.name)
    #expect(
      Set(names) == [
        "weight", "If_0.then_branch/weight", "If_0.then_branch/inner.then_branch/weight",
        "If_0.then_branch/inner.else_branch/weight", "If_0.else_branch/weight",
        "custom.bodies[0]/weight", "custom.bodies[1]/weight", "tandem::gate/threshold",
      ])
    #expect(names.count == 8)
  }

  @Test func `a constant is called as its value, other attributes by node and attribute`() throws {
    #expect(
      try checkpoint("constants.onnx").tensors.map(\.name) == [
        "axes", "ConstantOfShape_1.value", "fill.value", "fill.value#2", "lookup.tables[0]",
        "lookup.tables[1]", "other.value",
      ])
  }

  @Test func `a constant may be bare numbers`() throws {
    #expect(
      try checkpoint("bare-constants.onnx").tensors.map { "\($0.name) \($0.type) \($0.shape)" } == [
        "float f32 []", "int i64 []", "floats f32 [3]", "ints i64 [4]", "packed f32 [2]",
      ])
  }

  @Test func `the model's own words are kept`() throws {
    guard case .onnx(let metadata) = try checkpoint("metadata.onnx").metadata else {
      Issue.record("no metadata")
      return
    }
    #expect(metadata.irVersion == 8)
    #expect(metadata.producerName == "maker" && metadata.producerVersion == "1.2")
    #expect(metadata.domain == "org.example" && metadata.modelVersion == 7)
    #expect(metadata.graphName == "net")
    #expect(
      metadata.operatorSets.map { "\($0.domain) \($0.version)" } == [" 17", "com.example 1"])
    #expect(
      metadata.properties.map { "\($0.key)=\($0.value)" }
        == ["licence=Apache-2.0", "note=Ünïcode ✓"])
  }

  @Test func `floats and doubles in one run are in place, varints and single numbers are not`()
    throws
  {
    let typed = try checkpoint("typed-fields.onnx").tensors
    let inPlace = typed.filter { $0.form == .inPlace }.map(\.name)
    #expect(inPlace == ["float", "complex", "double"])
    #expect(typed.filter { $0.form.coding == .varints }.count == typed.count - 3)
    let single = try checkpoint("single-numbers.onnx").tensors
    #expect(
      Dictionary(uniqueKeysWithValues: single.map { ($0.name, $0.form.coding) }) == [
        "float": .repeatedField(number: 4, numberByteCount: 4),
        "mixed": .repeatedField(number: 4, numberByteCount: 4),
        "runs": .repeatedField(number: 10, numberByteCount: 8),
        "int64": .repeatedField(number: 7, numberByteCount: nil),
        "half": .repeatedField(number: 5, numberByteCount: nil), "packed-dims": .fixedWidth,
      ])
  }

  @Test func `external files are opened once each, and tensors may share their bytes`() throws {
    let checkpoint = try checkpoint("external/model.onnx")
    #expect(checkpoint.files.map(\.name) == ["model.onnx", "weights.bin", "more/data"])
    let places = checkpoint.tensors.map { "\($0.name) \($0.fileIndex) \($0.byteRange)" }
    #expect(
      places.dropFirst() == ["c 1 0..<1024", "tied 1 0..<1024", "a 1 4096..<4120", "b 2 0..<16"])
  }

  @Test func `a file of 2 GiB is refused, one byte less is read`() throws {
    let folder = try TemporaryFolder()
    // ir_version, a field that is skipped, and the graph, which is empty.
    let limit = Int(Int32.max)
    let skipped = limit - 12
    var head: [UInt8] = [0x08, 10, 0x42, 0x02, 0x10, 21, 0x3A, 0, 0x32]
    var rest = skipped - 2
    while rest >= 0x80 {
      head.append(UInt8(rest & 0x7F | 0x80))
      rest >>= 7
    }
    head.append(UInt8(rest))
    let path = try folder.write(head, to: "m.onnx")
    let body = skipped - 2 + head.count
    #expect(truncate(path, body) == 0)
    #expect(try ONNXReader.read(path: path).findings.all.map(\.code) == [])
    #expect(truncate(path, limit + 1) == 0)
    #expect(try ONNXReader.read(path: path).findings.all.map(\.code) == ["OX002"])
  }

  @Test(arguments: ["x", "x.onnx", "x.safetensors", "x.bin"])
  func `a model is told by content`(name: String) throws {
    let folder = try TemporaryFolder()
    let sample = try checkpoint("graph-first.onnx").path
    let path = try folder.write(contents(of: sample), to: name)
    let reading = try CheckpointReading.read(path: path, isLenient: false)
    #expect(try reading.get().format == .onnx)
    #expect(
      reading.findings.all.map(\.code)
        == (["x.safetensors", "x.bin"].contains(name) ? ["FI003"] : []))
  }

  @Test func `what only looks like a model is none`() throws {
    let folder = try TemporaryFolder()
    for bytes: [UInt8] in [
      [0x08, 0x07, 0x0A], [0x08, 0, 0x12], [0x3A, 0x02, 0x08, 0x01], [0x08],
    ] {
      let path = try folder.write(bytes, to: "x")
      #expect(
        try CheckpointReading.read(path: path, isLenient: false).findings.all.map(\.code)
          == ["FI002"], "\(bytes)")
    }
  }
}
