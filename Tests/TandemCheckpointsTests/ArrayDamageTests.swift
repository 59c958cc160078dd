import TandemBytes
import TandemCheckpoints
import TandemTestSupport
import Testing

@Suite struct ArrayDamageTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Small good samples; together they take every way through the readers.
  static let samples = [
    "npy/type-f4.npy", "npy/fortran-big-endian.npy", "npz/mixed.npz", "onnx/typed-fields.onnx",
    "onnx/single-numbers.onnx", "onnx/subgraphs.onnx", "onnx/constants.onnx",
    "onnx/metadata.onnx", "onnx/external/model.onnx",
  ]

  private func bytes(of sample: String) throws -> [UInt8] {
    let path = try #require(CheckpointSample.all(in: "good").first).path
    return try contents(of: "\(Paths.folder(path))/\(sample)")
  }

  /// Reads bytes as a file under a name that lets damage be named in the words of the format.
  ///
  /// - Returns: Whether there is a checkpoint.
  private func isReadable(_ bytes: [UInt8], as name: String) throws -> Bool {
    let path = try folder.write(bytes, to: Paths.name(name))
    var readableCount = 0
    // Only NumPy files have a flaw that may be accepted.
    for isLenient in name.hasSuffix(".npy") ? [false, true] : [false] {
      let reading = try CheckpointReading.read(path: path, isLenient: isLenient)
      #expect((reading.checkpoint == nil) == reading.findings.hasErrors)
      reading.checkpoint?.expectSound()
      readableCount += reading.checkpoint == nil ? 0 : 1
    }
    return readableCount > 0
  }

  @Test(arguments: samples)
  func `every change of one byte is read or refused`(sample: String) throws {
    let good = try bytes(of: sample)
    #expect(try isReadable(good, as: sample) || sample.contains("external"))
    var bytes = good
    var readableCount = 0
    for index in good.indices {
      for mask in (0..<8).map({ UInt8(1 << $0) }) + [0xFF] {
        bytes[index] = good[index] ^ mask
        readableCount += try isReadable(bytes, as: sample) ? 1 : 0
      }
      bytes[index] = good[index]
    }
    #expect(readableCount < 9 * good.count)
  }

  @Test(arguments: ArraySampleTests.formats)
  func `samples with several damages are read or refused, and what is read can be put in place`(
    format: String
  ) throws {
    var random = SplitMix64(state: 1)
    let sources = try
      (CheckpointSample.all(in: "good/\(format)")
      + CheckpointSample.all(in: "hostile/\(format)"))
      .filter { try FileStatus(path: $0.path).kind == .regular }.map { try contents(of: $0.path) }
      .filter { $0.count < 4000 }
    for _ in 0..<500 {
      var bytes = sources.randomElement(using: &random) ?? []
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        bytes.damage(like: sources.randomElement(using: &random) ?? [], using: &random)
      }
      let path = try folder.write(bytes, to: "x.\(format)")
      let reading = try CheckpointReading.read(path: path, isLenient: true)
      reading.checkpoint?.expectSound()
      if let checkpoint = reading.checkpoint { _ = try? checkpoint.materialised() }
    }
  }

  @Test(arguments: samples)
  func `every truncation is read or refused`(sample: String) throws {
    let good = try bytes(of: sample)
    var readableCount = 0
    for count in good.indices {
      readableCount += try isReadable(Array(good[..<count]), as: sample) ? 1 : 0
    }
    // Only an ONNX model can end anywhere: behind any field of the model itself.
    #expect(readableCount <= (sample.hasSuffix(".onnx") ? 6 : 0))
  }
}

/// Numbers that are the same in every run.
private struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension [UInt8] {
  /// Changes, removes, repeats or inserts a few bytes, some of them another file's.
  fileprivate mutating func damage(like other: [UInt8], using random: inout SplitMix64) {
    guard let index = indices.randomElement(using: &random) else { return }
    let end = Swift.min(count, index + Int.random(in: 1...20, using: &random))
    switch Int.random(in: 0..<5, using: &random) {
    case 0: self[index] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
    case 1: self[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 2: removeSubrange(index..<end)
    case 3: insert(contentsOf: Array(self[index..<end]), at: index)
    default:
      guard let start = other.indices.randomElement(using: &random) else { return }
      let piece = other[start..<Swift.min(other.count, start + 40)]
      replaceSubrange(index..<Swift.min(count, index + piece.count), with: piece)
    }
  }
}
