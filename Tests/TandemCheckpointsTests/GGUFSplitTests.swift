import TandemBytes
import TandemCheckpoints
import TandemTensors
import TandemTestSupport
import Testing

@Suite struct GGUFSplitTests {
  private typealias Tensor = GGUFBytes.Tensor

  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// One shard of a model of three tensors in two files.
  private func shard(_ number: UInt16, of count: UInt16 = 2, _ tensors: [Tensor], total: Int32 = 3)
    -> GGUFBytes
  {
    var file = GGUFBytes()
    if number == 0 { file.add("general.name", .string("sample")) }
    file.add("split.no", .uint16(number))
    file.add("split.count", .uint16(count))
    file.add("split.tensors.count", .int32(total))
    file.tensors = tensors
    return file
  }

  private let a = Tensor("a", [8], byteCount: 32)
  private let b = Tensor("b", [2], byteCount: 8)
  private let c = Tensor("c", [4], byteCount: 16)
  private let first = "m-00001-of-00002.gguf"
  private let second = "m-00002-of-00002.gguf"

  /// Writes two shards and returns the findings on the model, without the folder.
  private func findings(_ shards: [(name: String, file: GGUFBytes)]) throws -> [String] {
    for shard in shards { try folder.write(shard.file.bytes, to: shard.name) }
    let path = "\(folder.path)/\(shards[0].name)"
    return try GGUFReader.read(path: path, isLenient: false).findings.all.map {
      String($0.description.dropFirst(folder.path.utf8.count + 1))
    }
  }

  @Test func `any shard stands for the whole model`() throws {
    try folder.write(shard(0, [a, b]).bytes, to: first)
    try folder.write(shard(1, [c]).bytes, to: second)
    for name in [first, second] {
      let reading = try GGUFReader.read(path: "\(folder.path)/\(name)", isLenient: false)
      #expect(reading.findings.all == [])
      let checkpoint = try reading.get()
      #expect(checkpoint.path == "\(folder.path)/\(name)")
      #expect(checkpoint.files.map(\.name) == [first, second])
      #expect(checkpoint.tensors.map(\.name) == ["a", "b", "c"])
      #expect(checkpoint.tensors.map(\.fileIndex) == [0, 0, 1])
      guard case .gguf(let metadata) = checkpoint.metadata else { continue }
      #expect(metadata.string("general.name") == "sample")
    }
  }

  @Test func `findings of all shards are reported at once`() throws {
    var (left, right) = (shard(0, [a, b]), shard(1, [c]))
    left.add("Left", .bool(0))
    right.add("Right", .bool(0))
    let text = "the key is not made of words of a-z, 0-9, _ and - joined by single dots [GG026]"
    #expect(
      try findings([(first, left), (second, right)])
        == ["\(first): 'Left' at byte 144: \(text)", "\(second): 'Right' at byte 106: \(text)"])
  }

  @Test func `a file alone whose keys say that it is one of several is refused`() throws {
    #expect(
      try findings([("m.gguf", shard(0, [a, b]))]) == [
        "m.gguf: 'split.count' at byte 84: split.count is 2, "
          + "the file's name does not end like '-00001-of-00002.gguf'; "
          + "give all files of the model back their names [GG030]"
      ])
  }

  @Test func `numbers that disagree with the names are reported`() throws {
    #expect(
      try findings([(first, shard(1, [a, b])), (second, shard(0, [c]))]) == [
        "\(first): 'split.no' at byte 24: "
          + "split.no is 1, the file's name says 0, counted from 0 [GG030]",
        "\(second): 'split.no' at byte 62: "
          + "split.no is 0, the file's name says 1, counted from 0 [GG030]",
      ])
    #expect(
      try findings([(first, shard(0, of: 3, [a, b])), (second, shard(1, [c]))]) == [
        "\(first): 'split.count' at byte 84: split.count is 3, the file's name says 2 [GG030]"
      ])
  }

  @Test func `a number of another type is reported`() throws {
    var right = shard(1, [c])
    right.pairs[0].value = .uint32(1)
    #expect(
      try findings([(first, shard(0, [a, b])), (second, right)]) == [
        "\(second): 'split.no' at byte 24: split.no is of type uint32 (uint16 is allowed), "
          + "the file's name says 1, counted from 0 [GG030]"
      ])
  }

  @Test func `a missing shard is named`() throws {
    #expect(
      try findings([(first, shard(0, [a, b]))]) == [
        "\(second): shard 2 of 2 cannot be read: there is no such file or folder; "
          + "put all 2 files into the same folder [GG031]"
      ])
  }

  @Test func `a tensor in two shards is reported`() throws {
    #expect(
      try findings([(first, shard(0, [a, b])), (second, shard(1, [b]))]) == [
        "\(second): 'b': the tensor stands in '\(first)' too [GG032]"
      ])
  }

  @Test func `a wrong number of tensors is reported for each shard that states it`() throws {
    #expect(
      try findings([(first, shard(0, [a, b], total: 4)), (second, shard(1, [c]))]) == [
        "\(first): 'split.tensors.count' at byte 109: "
          + "split.tensors.count is 4, the 2 shards hold 3 tensors [GG033]"
      ])
  }

  @Test func `a damaged shard is reported beside a missing one`() throws {
    var left = shard(0, of: 3, [a, b])
    left.tensors[1].offset = 64
    let name = "m-00001-of-00003.gguf"
    let codes = try findings([(name, left), ("m-00003-of-00003.gguf", shard(2, of: 3, [c]))])
      .map { $0.suffix(7) }
    #expect(codes == ["[GG022]", "[GG031]"])
  }
}
