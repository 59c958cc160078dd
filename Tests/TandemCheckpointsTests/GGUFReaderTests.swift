import TandemBytes
import TandemTensors
import TandemTestSupport
import Testing

@testable import TandemCheckpoints

@Suite struct GGUFReaderTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func read(_ file: GGUFBytes, isLenient: Bool = false) throws -> CheckpointReading {
    try GGUFReader.read(path: folder.write(file.bytes, to: "m.gguf"), isLenient: isLenient)
  }

  private func metadata(_ file: GGUFBytes) throws -> GGUFMetadata {
    guard case .gguf(let metadata) = try read(file).get().metadata else {
      throw FileError("m.gguf", "read", reason: "the metadata is of another format")
    }
    return metadata
  }

  @Test func `tensors are described outermost dimension first, with their places in the file`()
    throws
  {
    let checkpoint = try read(.good).get()
    let start = checkpoint.files[0].headerByteCount
    let expected = [
      TensorDescriptor(
        name: "a.weight", type: .f32, shape: [2, 4], fileIndex: 0, byteRange: start..<start + 32),
      TensorDescriptor(
        name: "b.weight", type: .q8_0, shape: [32], fileIndex: 0,
        byteRange: start + 32..<start + 66),
      TensorDescriptor(
        name: "c.weight", type: .f32, shape: [], fileIndex: 0, byteRange: start + 96..<start + 100),
    ]
    #expect(checkpoint.tensors == expected)
    #expect(checkpoint.format == .gguf)
    #expect(checkpoint.files.map(\.name) == ["m.gguf"])
    #expect(GGUFBytes.good.bytes.count == start + 128)
  }

  @Test func `tensors lie where their data was written`() throws {
    let checkpoint = try read(.good).get()
    let file = checkpoint.files[0].file
    for (tensor, written) in zip(checkpoint.tensors, GGUFBytes.good.tensors) {
      let bytes = file.bytes.extracting(tensor.byteRange)
      #expect(bytes.array == written.data)
    }
  }

  @Test func `values are found by key and type`() throws {
    var file = GGUFBytes()
    file.add("a.unsigned", .uint32(7))
    file.add("a.signed", .int32(-7))
    file.add("a.float", .float32(1.5))
    file.add("a.double", .float64(0.1))
    file.add("a.bool", .bool(1))
    file.add("a.string", .string("Ünïcode"))
    file.add("a.array", .array([.uint16(1), .uint16(65535)]))
    let metadata = try metadata(file)
    #expect(metadata["a.unsigned"] == .unsigned(7))
    #expect(metadata["a.absent"] == nil)
    #expect(metadata.unsigned("a.unsigned") == 7 && metadata.unsigned("a.signed") == nil)
    #expect(metadata.int("a.signed") == -7 && metadata.int("a.float") == nil)
    #expect(metadata.double("a.float") == 1.5 && metadata.double("a.double") == 0.1)
    #expect(metadata.double("a.signed") == -7 && metadata.double("a.string") == nil)
    #expect(metadata.bool("a.bool") == true && metadata.bool("a.unsigned") == nil)
    #expect(metadata.string("a.string") == "Ünïcode" && metadata.string("a.bool") == nil)
    #expect(metadata.array("a.array")?.count == 2 && metadata.array("a.bool") == nil)
    #expect(metadata.version == 3 && metadata.alignment == 32)
  }

  @Test func `ranges of pairs and values cover their bytes`() throws {
    let metadata = try metadata(.good)
    var end = 24
    for entry in metadata.entries {
      #expect(entry.byteRange.lowerBound == end)
      #expect(entry.valueByteRange.lowerBound == end + 8 + entry.key.utf8.count + 4)
      #expect(entry.valueByteRange.upperBound == entry.byteRange.upperBound)
      end = entry.byteRange.upperBound
    }
    #expect(metadata.entries.map(\.valueByteRange.count) == [14, 4, 1, 12 + 9 + 9 + 8])
  }

  @Test func `arrays are read only as what they hold`() throws {
    var file = GGUFBytes()
    file.add("a.small", .array([.number(0, UInt8(0)), .number(0, UInt8(255))]))
    file.add("a.signed", .array([.int32(-1), .int32(1)]))
    file.add("a.large", .array([.number(10, UInt64.max)]))
    file.add("a.float", .array([.float32(-0.5), .float32(2)]))
    file.add("a.bool", .array([.bool(0), .bool(1)]))
    file.add("a.string", .array([.string("é"), .string([0xE2, 0x82]), .string("")]))
    let metadata = try metadata(file)
    func array(_ key: String) throws -> GGUFArray { try #require(metadata.array(key)) }
    #expect(try metadata.unsignedElements(of: array("a.small")) == [0, 255])
    #expect(try metadata.unsignedElements(of: array("a.signed")) == nil)
    #expect(try metadata.unsignedElements(of: array("a.large")) == [.max])
    #expect(try metadata.unsignedElements(of: array("a.float")) == nil)
    #expect(try metadata.doubleElements(of: array("a.float")) == [-0.5, 2])
    #expect(try metadata.doubleElements(of: array("a.small")) == nil)
    #expect(try metadata.boolElements(of: array("a.bool")) == [false, true])
    #expect(try metadata.boolElements(of: array("a.small")) == nil)
    var strings: [[UInt8]] = []
    #expect(try metadata.forEachString(array("a.string")) { strings.append($0.array) })
    #expect(strings == [[0xC3, 0xA9], [0xE2, 0x82], []])
    #expect(try !metadata.forEachString(array("a.small")) { _ in strings.removeAll() })
    #expect(strings.count == 3)
  }

  @Test func `keys that are only canonically equivalent are two keys`() throws {
    var file = GGUFBytes()
    file.add("\u{E9}", .uint32(1))
    file.add("e\u{301}", .uint32(2))
    let metadata = try metadata(file)
    #expect(metadata.unsigned("\u{E9}") == 1 && metadata.unsigned("e\u{301}") == 2)
  }

  @Test func `lenient reading takes aligned tensors in any order and with holes`() throws {
    var file = GGUFBytes.good
    // What is data by one offset is padding by another.
    for index in file.tensors.indices {
      let count = file.tensors[index].data.count
      file.tensors[index].data = [UInt8](repeating: 0, count: count)
    }
    file.tensors[0].offset = 64
    file.tensors[1].offset = 0
    file.tensors[2].offset = 128
    file.tail = [UInt8](repeating: 0, count: 32)
    #expect(try read(file).findings.worstSeverity == .error)
    let reading = try read(file, isLenient: true)
    #expect(reading.findings.all == [])
    #expect(try reading.get().tensors.map(\.name) == ["b.weight", "a.weight", "c.weight"])
  }

  @Test func `type numbers and element types belong together one to one`() {
    let types = (UInt32.min...100).compactMap { number in
      GGUFType.elementType(number).map { (number, $0) }
    }
    #expect(types.count == 35)
    for (number, type) in types { #expect(GGUFType.number(of: type) == number) }
    #expect(
      ElementType.allCases.filter(\.isQuantised).allSatisfy { GGUFType.number(of: $0) != nil })
    #expect(GGUFType.number(of: .f8_e4m3) == nil)
    #expect(GGUFType.elementType(.max) == nil)
  }

  @Test(arguments: [
    ("GGUF", true), ("lmgg", true), ("tjgg", true), ("GGU", false), ("PK\u{3}\u{4}", false),
  ])
  func `GGUF and its relatives are recognised by their first bytes`(text: String, isGGUF: Bool) {
    #expect(GGUFReader.recognises(Array(text.utf8).rawSpan) == isGGUF)
  }

  @Test func `a missing file is no finding but an error`() {
    let path = "\(folder.path)/none.gguf"
    #expect(throws: FileError(path, "open", reason: "there is no such file or folder")) {
      try GGUFReader.read(path: path, isLenient: false)
    }
  }
}
