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
