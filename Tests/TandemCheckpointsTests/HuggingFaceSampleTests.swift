import TandemBytes
import TandemCheckpoints
import TandemTensors
import Testing

@Suite struct HuggingFaceSampleTests {
  @Test(arguments: CheckpointSample.all(in: "good/huggingface"))
  func `a good folder has nothing but notes`(sample: CheckpointSample) throws {
    let reading = try CheckpointReading.read(path: sample.path, isLenient: false)
    let checkpoint = try reading.get()
    #expect(reading.findings.worstSeverity ?? .note == .note)
    #expect(checkpoint.format == .huggingFace)
    #expect(checkpoint.documents.contains { $0.name == "config.json" })
    #expect(!checkpoint.tensors.isEmpty)
  }

  @Test(
    arguments: CheckpointSample.all(in: "good/hub-cache").flatMap {
      CheckpointSample.all(in: "good/hub-cache/\($0.name)/snapshots")
    })
  func `a snapshot in the hub's cache is read through its links`(sample: CheckpointSample) throws {
    let reading = try CheckpointReading.read(path: sample.path, isLenient: false)
    #expect(reading.findings.all.map(\.description) == [])
    #expect(try reading.get().files.count == 2)
  }

  @Test(arguments: CheckpointSample.all(in: "hostile/shards"))
  func `a hostile set of shards has the finding that it is named after`(
    sample: CheckpointSample
  ) throws {
    let findings = try CheckpointReading.read(path: sample.path, isLenient: false).findings
    #expect(findings.worstCodes == [sample.code], "\(findings.all.map(\.description))")
  }

  @Test(arguments: CheckpointSample.all(in: "hostile/huggingface"))
  func `a hostile folder has the finding that it is named after`(sample: CheckpointSample) throws {
    let findings = try CheckpointReading.read(path: sample.path, isLenient: false).findings
    // What the values of a configuration mean is no matter of the folder.
    let ofConfig: Set = ["HF003", "HF004"]
    let expected: Set = ofConfig.contains(sample.code) ? [] : [sample.code]
    #expect(findings.worstCodes == expected, "\(findings.all.map(\.description))")
  }

  @Test(arguments: CheckpointSample.all(in: "hostile/files"))
  func `a file that is no checkpoint is named`(sample: CheckpointSample) throws {
    let findings = try CheckpointReading.read(path: sample.path, isLenient: false).findings
    #expect(findings.worstCodes == [sample.code], "\(findings.all.map(\.description))")
  }

  @Test func `there are samples`() {
    #expect(CheckpointSample.all(in: "good/huggingface").count >= 3)
    #expect(CheckpointSample.all(in: "hostile/shards").count >= 50)
    #expect(CheckpointSample.all(in: "hostile/huggingface").count >= 50)
    #expect(CheckpointSample.all(in: "hostile/files").count >= 15)
  }
}
