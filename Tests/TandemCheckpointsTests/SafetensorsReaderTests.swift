import TandemBytes
import TandemCheckpoints
import TandemTensors
import TandemTestSupport
import Testing

@Suite struct SafetensorsReaderTests {
  @Test func `a good file is read with types, shapes and places`() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try folder.reading(SafetensorsBytes.good.bytes).get()
    #expect(checkpoint.format == .safetensors)
    #expect(checkpoint.files.map(\.name) == ["x.safetensors"])
    #expect(checkpoint.files.map(\.headerByteCount) == [120])
    #expect(
      checkpoint.tensors == [
        TensorDescriptor(name: "a", type: .f32, shape: [2, 2], fileIndex: 0, byteRange: 120..<136),
        TensorDescriptor(name: "b", type: .f32, shape: [2], fileIndex: 0, byteRange: 136..<144),
      ])
    #expect(metadata(of: checkpoint) == [])
    #expect(checkpoint.documents.isEmpty)
  }

  @Test func `tensors come in the order of their bytes, empty ones before those they touch`() throws
  {
    let folder = try TemporaryFolder()
    let header =
      #"{"c":{"dtype":"U8","shape":[2],"data_offsets":[3,5]},"z":{"dtype":"F32","shape":[0],"data_offsets":[3,3]},"#
      + #""s":{"dtype":"I8","shape":[],"data_offsets":[5,6]},"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"#
      + #""y":{"dtype":"F32","shape":[4,0,2],"data_offsets":[6,6]}}"#
    let bytes = SafetensorsBytes(header: header, data: Array(0..<6)).bytes
    let reading = try folder.reading(bytes)
    #expect(reading.messages(in: folder) == [])
    #expect(try reading.get().tensors.map(\.name) == ["a", "z", "c", "s", "y"])
    #expect(try reading.get().tensors.map(\.elementCount) == [3, 0, 2, 1, 0])
  }

  @Test(arguments: ElementType.allCases.filter { !$0.isQuantised })
  func `each plain type is read by its name`(type: ElementType) throws {
    let folder = try TemporaryFolder()
    let count = try #require(Shape([2, 4]).byteCount(of: type))
    let header =
      #"{"t":{"dtype":"\#(type.name)","shape":[2,4],"data_offsets":[0,\#(count)]}}"#
    let bytes = SafetensorsBytes(header: header, data: Array(repeating: 0, count: count)).bytes
    #expect(try folder.reading(bytes).get().tensors.map(\.type) == [type])
  }

  @Test func `metadata keep their order and their characters`() throws {
    let folder = try TemporaryFolder()
    let file = SafetensorsBytes.good.replacing(
      "{\"a\"", with: #"{"__metadata__":{"format":"pt","é":"\n\u0000","":""},"a""#)
    let metadata = metadata(of: try folder.reading(file.bytes).get())
    #expect(metadata.map(\.fileIndex) == [0])
    #expect(metadata.first?.pairs.map(\.key) == ["format", "é", ""])
    #expect(metadata.first?.pairs.map(\.value) == ["pt", "\n\0", ""])
  }

  @Test func `names that differ only in how a letter is composed are two`() throws {
    let folder = try TemporaryFolder()
    let file = SafetensorsBytes.good.replacing("\"a\"", with: "\"\u{E9}\"")
      .replacing("\"b\"", with: "\"e\u{301}\"")
    #expect(try folder.reading(file.bytes).get().tensors.count == 2)
  }

  @Test(arguments: [" ", "\n\t\r ", String(repeating: " ", count: 4000)])
  func `whitespace before the brace is accepted on request only`(whitespace: String) throws {
    let folder = try TemporaryFolder()
    var file = SafetensorsBytes.good
    file.header = whitespace + file.header
    #expect(try folder.reading(file.bytes).findings.worstCodes == ["ST004"])
    let lenient = try folder.reading(file.bytes, isLenient: true)
    #expect(try lenient.get().tensors.map(\.name) == ["a", "b"])
  }

  @Test func `a long name is shortened in a message`() throws {
    let folder = try TemporaryFolder()
    let file = SafetensorsBytes.good.replacing(
      "\"a\"", with: "\"" + String(repeating: "n", count: 65_536) + "\"")
    #expect(
      try folder.reading(file.bytes).messages(in: folder) == [
        "x.safetensors: '\(String(repeating: "n", count: 100))…' at byte 9: "
          + "the name has 65536 bytes, at most 65535 are allowed [ST021]"
      ])
  }

  @Test func `findings of one code are counted beyond those that are kept`() throws {
    let folder = try TemporaryFolder()
    let entries = (0..<1000).map { "\"\($0)\":0" }.joined(separator: ",")
    let findings = try folder.reading(SafetensorsBytes(header: "{\(entries)}").bytes).findings
    #expect(findings.all.count == Findings.limitPerCode)
    #expect(findings.counts == ["ST008": 1000])
  }

  private func metadata(of checkpoint: Checkpoint) -> [SafetensorsMetadata] {
    if case .safetensors(let metadata) = checkpoint.metadata { metadata } else { [] }
  }
}
