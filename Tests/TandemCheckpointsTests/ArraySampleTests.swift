import TandemBytes
import TandemCheckpoints
import TandemTensors
import TandemTestSupport
import Testing

/// The samples of `.npy`, `.npz` and ONNX files, which a script of another language writes.
@Suite struct ArraySampleTests {
  static let formats = ["npy", "npz", "onnx"]

  /// The samples of all three; of a folder its `model.onnx`.
  static func samples(_ kind: String) -> [CheckpointSample] {
    formats.flatMap { CheckpointSample.all(in: "\(kind)/\($0)") }.map { sample in
      let isFolder = (try? FileStatus(path: sample.path))?.kind == .folder
      return CheckpointSample(
        name: sample.name, path: isFolder ? sample.path + "/model.onnx" : sample.path)
    }
  }

  @Test(arguments: samples("good"))
  func `a good sample has no finding, and its tensors lie in its files`(
    sample: CheckpointSample
  ) throws {
    let reading = try CheckpointReading.read(path: sample.path, isLenient: false)
    #expect(reading.findings.all.map(\.description) == [])
    let checkpoint = try reading.get()
    #expect(checkpoint.format.rawValue == Paths.fileExtension(sample.path))
    #expect(!checkpoint.tensors.isEmpty)
    checkpoint.expectSound()
  }

  @Test(arguments: samples("hostile"))
  func `a hostile sample has the finding that it is named after, and none that is worse`(
    sample: CheckpointSample
  ) throws {
    let findings = try CheckpointReading.read(path: sample.path, isLenient: false).findings
    #expect(findings.worstCodes == [sample.code], "\(findings.all.map(\.description))")
  }

  @Test func `there are samples`() {
    #expect(Self.samples("good").count >= 45)
    #expect(Self.samples("hostile").count >= 200)
  }
}

extension Checkpoint {
  /// Checks what every reader promises of its descriptors.
  func expectSound() {
    for tensor in tensors {
      #expect(tensor.byteRange.upperBound <= files[tensor.fileIndex].file.byteCount)
      #expect(tensor.shape.byteCount(of: tensor.type) == tensor.byteCount)
      if tensor.form == .inPlace { #expect(tensor.byteRange.count == tensor.byteCount) }
    }
    let names = Set(tensors.map { ExactText($0.name) })
    #expect(names.count == tensors.count)
  }
}
