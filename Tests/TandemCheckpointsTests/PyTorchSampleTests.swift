import TandemBytes
import TandemCheckpoints
import TandemTensors
import Testing

@Suite struct PyTorchSampleTests {
  @Test(arguments: CheckpointSample.all(in: "good/pytorch"))
  func `a good sample has nothing but notes, and all of it can be put in place`(
    sample: CheckpointSample
  ) throws {
    let reading = try CheckpointReading.read(path: sample.path, isLenient: false)
    let checkpoint = try reading.get()
    #expect(reading.findings.worstSeverity ?? .note == .note)
    #expect(checkpoint.format == .pytorch)
    #expect(checkpoint.checksumFindings().all.map(\.description) == [])
    #expect(!checkpoint.tensors.isEmpty)
    let placed = try checkpoint.materialised()
    #expect(placed.tensors.map(\.name) == checkpoint.tensors.map(\.name))
    for tensor in placed.tensors {
      #expect(tensor.form == .inPlace)
      #expect(tensor.shape.byteCount(of: tensor.type) == tensor.byteRange.count)
      #expect(tensor.byteRange.upperBound <= placed.files[tensor.fileIndex].file.byteCount)
    }
  }

  @Test(arguments: CheckpointSample.all(in: "hostile/pytorch"))
  func `a hostile sample has the finding that it is named after, and none as bad`(
    sample: CheckpointSample
  ) throws {
    let findings = try CheckpointReading.read(path: sample.path, isLenient: false).findings
    var worst = findings.worstCodes
    // What hides a call is found as well as the call.
    if sample.code == "PT010" { worst.subtract(["PT013", "PT016", "PT018", "PT026"]) }
    if sample.code != "PT002" { worst.remove("PT002") }
    if sample.name.hasPrefix("PT002-persid") { worst.remove("PT013") }
    #expect(worst == [sample.code], "\(findings.all.map(\.description))")
  }

  @Test func `there are samples`() {
    #expect(CheckpointSample.all(in: "good/pytorch").count >= 15)
    #expect(CheckpointSample.all(in: "hostile/pytorch").count >= 240)
  }

  /// The same six floats, however a sample stores them.
  @Test(arguments: ["plain", "plain-legacy", "deflated", "big-endian", "descriptors", "zip64"])
  func `a tensor has the same bytes in every container`(name: String) throws {
    let expected = try bytes(of: "a", in: "plain")
    #expect(expected.count == 24)
    #expect(try bytes(of: "a", in: name) == expected)
  }

  @Test(arguments: ["views", "views-legacy"])
  func `views are gathered by their strides`(name: String) throws {
    let whole = try bytes(of: "whole", in: name)
    func elements(_ order: Int...) -> [UInt8] { order.flatMap { whole[4 * $0..<4 * $0 + 4] } }
    #expect(try bytes(of: "transposed", in: name) == elements(0, 3, 1, 4, 2, 5))
    #expect(try bytes(of: "tied", in: name) == whole)
    #expect(try bytes(of: "tail", in: name) == elements(4, 5))
    #expect(try bytes(of: "expanded", in: name) == elements(0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2))
  }

  private func bytes(of tensor: String, in sample: String) throws -> [UInt8] {
    let path = CheckpointSample.all(in: "good/pytorch").first { $0.name == sample + ".pt" }?.path
    let reading = try CheckpointReading.read(path: #require(path), isLenient: false)
    let checkpoint = try reading.get().materialised()
    let descriptor = try #require(checkpoint.tensors.first { $0.name == tensor })
    let file = checkpoint.files[descriptor.fileIndex].file
    return file.bytes.extracting(descriptor.byteRange).array
  }

  @Test func `values that are no tensors are kept by their path`() throws {
    let path = CheckpointSample.all(in: "good/pytorch").first { $0.name == "state.pt" }?.path
    let reading = try CheckpointReading.read(path: #require(path), isLenient: false)
    guard case .pytorch(let files) = try reading.get().metadata else { return #expect(Bool(false)) }
    let values = files.flatMap(\.entries).map { "\($0.name) = \($0.value)" }
    #expect(
      values == [
        "optimizer.param_groups.0.lr = 0.001", "optimizer.param_groups.0.params = [0]",
        "epoch = 3", "name = run", "options.layers = 2", "best = 1.5",
      ])
    #expect(
      try reading.get().tensors.map(\.name).sorted() == [
        "half", "optimizer.state.0.exp_avg", "optimizer.state.0.step", "state_dict.layer.bias",
        "state_dict.layer.weight",
      ])
  }

  @Test func `lenient reading keeps objects of unknown classes, and refuses dangerous ones`() throws
  {
    for sample in CheckpointSample.all(in: "hostile/pytorch") {
      let reading = try CheckpointReading.read(path: sample.path, isLenient: true)
      if sample.code == "PT010" { #expect(reading.checkpoint == nil, "\(sample.name)") }
      if sample.code == "PT011" {
        #expect(reading.findings.worstCodes.contains("PT012"), "\(sample.name)")
      }
    }
  }

  @Test func `what would be called is named with its arguments`() throws {
    let samples = CheckpointSample.all(in: "hostile/pytorch")
    let sample = try #require(samples.first { $0.name == "PT010-os-system.pt" })
    let findings = try CheckpointReading.read(path: sample.path, isLenient: false).findings
    #expect(
      findings.all.map(\.message) == [
        "loading the file with Python would call os.system('echo owned > /tmp/owned')"
      ])
  }
}
