import Glibc
import TandemBytes
import TandemCheckpoints
import TandemTensors
import TandemTestSupport
import Testing

@Suite struct SafetensorsLimitTests {
  /// Writes a file that goes on as a hole.
  private func sparse(
    _ start: SafetensorsBytes, to byteCount: Int, in folder: TemporaryFolder
  ) throws -> String {
    let path = try folder.write(start.bytes, to: "sparse.safetensors")
    try #require(truncate(path, byteCount) == 0)
    return path
  }

  private func header(byteCount: Int) -> SafetensorsBytes {
    SafetensorsBytes(
      header: #"{"a":{"dtype":"U8","shape":[\#(byteCount)],"data_offsets":[0,\#(byteCount)]}}"#)
  }

  @Test(arguments: [1 << 31, 1 << 32, 1 << 40])
  func `a large file is read without its data, and refused without its last byte`(
    byteCount: Int
  ) throws {
    let folder = try TemporaryFolder()
    let start = header(byteCount: byteCount)
    let whole = try sparse(start, to: start.bytes.count + byteCount, in: folder)
    let clock = ContinuousClock()
    let time = try clock.measure {
      let checkpoint = try SafetensorsReader.read(path: whole, isLenient: false).get()
      #expect(checkpoint.tensors.map(\.byteCount) == [byteCount])
    }
    #expect(time < .seconds(5))
    let cut = try sparse(start, to: start.bytes.count + byteCount - 1, in: folder)
    let findings = try SafetensorsReader.read(path: cut, isLenient: false).findings
    #expect(findings.worstCodes == ["ST017"])
  }

  @Test func `a header of 100,000,000 bytes is looked at, a longer one is not`() throws {
    let folder = try TemporaryFolder()
    var start = SafetensorsBytes.good
    start.statedByteCount = 100_000_000
    let atCap = try sparse(start, to: 100_000_008, in: folder)
    // What follows the header's object is NUL, which is found only behind the check of the length.
    #expect(
      try SafetensorsReader.read(path: atCap, isLenient: false).findings.worstCodes == ["ST005"])
    start.statedByteCount = 100_000_001
    let overCap = try sparse(start, to: 100_000_009, in: folder)
    #expect(
      try SafetensorsReader.read(path: overCap, isLenient: false).findings.worstCodes == ["ST002"])
  }

  @Test func `100,000 tensors are read`() throws {
    let folder = try TemporaryFolder()
    let entries = (0..<100_000).map {
      #""layers.\#($0).weight":{"dtype":"U8","shape":[1],"data_offsets":[\#($0),\#($0 + 1)]}"#
    }
    let file = SafetensorsBytes(
      header: "{\(entries.joined(separator: ","))}", data: Array(repeating: 0, count: 100_000))
    let checkpoint = try folder.reading(file.bytes).get()
    #expect(checkpoint.tensors.count == 100_000)
    #expect(checkpoint.tensors.last?.name == "layers.99999.weight")
  }

  @Test func `10,000 tensors on one range are told apart in time`() throws {
    let folder = try TemporaryFolder()
    let entries = (0..<10_000).map {
      #""t\#($0)":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}"#
    }
    let file = SafetensorsBytes(header: "{\(entries.joined(separator: ","))}", data: [0])
    #expect(try folder.reading(file.bytes).findings.counts == ["ST016": 9_999])
  }

  /// What cannot be read as a file, and what is said of it.
  struct NoFile: CustomTestStringConvertible {
    let name: String
    let reason: String
    var testDescription: String { name }
  }

  @Test(arguments: [
    NoFile(name: "missing", reason: "cannot open: there is no such file or folder"),
    NoFile(name: "folder", reason: "cannot read: it is a folder, not a regular file"),
    NoFile(name: "pipe", reason: "cannot read: it is a pipe, not a regular file"),
    NoFile(name: "zero", reason: "cannot read: it is a character device, not a regular file"),
    NoFile(name: "loop", reason: "cannot open: its symbolic links form a loop"),
    NoFile(name: "file/x", reason: "cannot open: a part of the path is not a folder"),
  ])
  func `what is no regular file is refused at once`(example: NoFile) throws {
    let folder = try TemporaryFolder()
    try folder.write([1], to: "file")
    mkdir("\(folder.path)/folder", 0o755)
    mkfifo("\(folder.path)/pipe", 0o644)
    symlink("/dev/zero", "\(folder.path)/zero")
    symlink("loop2", "\(folder.path)/loop")
    symlink("loop", "\(folder.path)/loop2")
    let path = "\(folder.path)/\(example.name)"
    let error = #expect(throws: FileError.self) {
      try SafetensorsReader.read(path: path, isLenient: false)
    }
    #expect(error?.description == "\(path): \(example.reason)")
    if example.name != "folder" {
      #expect(throws: FileError.self) { try CheckpointReading.read(path: path, isLenient: false) }
    }
  }
}
