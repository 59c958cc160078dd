import TandemBytes
import TandemTestSupport
import Testing

/// `tandem diff` of what is easily taken for no difference.
@Suite struct ComparingCommandTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func diff(_ arguments: String...) throws -> ToolRun {
    try ToolRun(["diff"] + arguments, in: folder.path)
  }

  private func write(_ tensors: [(name: String, values: [Float])], to name: String) throws {
    var entries: [String] = []
    var data: [UInt8] = []
    for (name, values) in tensors {
      let start = data.count
      for value in values { data.append(littleEndian: value.bitPattern) }
      entries.append(
        "\"\(name)\":{\"dtype\":\"F32\",\"shape\":[\(values.count)],"
          + "\"data_offsets\":[\(start),\(data.count)]}")
    }
    let header = Array("{\(entries.joined(separator: ","))}".utf8)
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt64(header.count))
    try folder.write(bytes + header + data, to: name)
  }

  /// Writes a sample with some of its bytes replaced.
  private func write(
    _ sample: String, to name: String, replacing range: Range<Int>, with bytes: [UInt8]
  ) throws {
    var file = try contents(of: "\(Samples.folder)/\(sample)")
    file.replaceSubrange(range, with: bytes)
    try folder.write(file, to: name)
  }

  @Test func `values that are not finite are counted, and their tensors come first`() throws {
    try write(
      [("c", [1, 2]), ("b", [.infinity, 1]), ("a", [1, 2, 3, 4])], to: "first.safetensors")
    try write(
      [("c", [1, 2.5]), ("b", [-.infinity, 1]), ("a", [.nan, .nan, .nan, 5])],
      to: "second.safetensors")
    let run = try diff("first.safetensors", "second.safetensors")
    let expected = ToolRun(
      exitCode: 1,
      output: """
        first.safetensors → second.safetensors
          other values  3 tensors

        Other values, the most different tensors first
          tensor  types   differ  not finite  max |Δ|  max relative    cosine  first at
          a       F32    100.0 %           3     1.00         0.200  1.000000         0
          b       F32     50.0 %           1        –             –         –         0
          c       F32     50.0 %           0    0.500         0.200  0.996546         1

        """)
    #expect(run == expected, "\(run.output)")
  }

  @Test func `zeros of another sign are no difference in values`() throws {
    try write([("a", [0, 1])], to: "first.safetensors")
    try write([("a", [-0.0, 1])], to: "second.safetensors")
    let run = try diff("first.safetensors", "second.safetensors")
    let expected = ToolRun(
      exitCode: 0,
      output: """
        first.safetensors → second.safetensors
          equal values in other bits  1 tensor

        no difference in values

        """)
    #expect(run == expected, "\(run.output)")
    let json = try diff("first.safetensors", "second.safetensors", "--json")
    #expect(json.exitCode == 0 && json.output.contains("\"outcome\":\"other_bits\""))
  }

  @Test func `a filter that matches no tensor is exit code 2`() throws {
    try write([("a", [1])], to: "first.safetensors")
    let run = try diff("first.safetensors", "first.safetensors", "--filter", "zz*")
    let expected = ToolRun(
      exitCode: 2,
      errors:
        "tandem: first.safetensors, first.safetensors: no tensor matches 'zz*' [CM002]\n")
    #expect(run == expected)
    let json = try diff("first.safetensors", "first.safetensors", "--filter", "zz*", "--json")
    #expect(json.exitCode == 2 && json.output.contains("no tensor matches 'zz*'"))
  }

  @Test func `a filter matches the names of either model`() throws {
    let folder = "\(Samples.folder)/good/huggingface/tiny-llama"
    let converted = try ToolRun(
      ["convert", folder, "\(self.folder.path)/tiny.gguf"], in: self.folder.path)
    try #require(converted.exitCode == 0, "\(converted.errors)")
    for filter in ["blk.0.attn_q.weight", "model.layers.0.self_attn.q_proj.weight"] {
      let run = try diff(folder, "tiny.gguf", "--filter", filter)
      #expect(run.exitCode == 0 && run.output.contains("1 tensor\n"), "\(run.output)")
    }
  }

  /// Samples, and a byte of the data of a tensor in each.
  @Test(arguments: [("good/npz/deflated.npz", 220), ("good/pytorch/plain.pt", 583)])
  func `damaged data are a finding, not a difference`(_ sample: String, _ place: Int) throws {
    let good = "\(Samples.folder)/\(sample)"
    try write(sample, to: "damaged", replacing: place..<place + 1, with: [0x55])
    for paths in [(good, "damaged"), ("damaged", good), ("damaged", "damaged")] {
      let run = try diff(paths.0, paths.1)
      #expect(run.exitCode == 2 && run.output.isEmpty)
      #expect(
        run.errors.contains("ZP017") && run.errors.hasSuffix("tandem: damaged: 1 error\n"),
        "\(run.errors)")
    }
    let json = try diff(good, "damaged", "--json")
    #expect(json.exitCode == 2 && json.output.contains("\"code\":\"ZP017\""), "\(json.output)")
  }

  @Test func `tensors that cannot be put in place are a finding`() throws {
    // The first extent of a tensor with stride 0, 4 as a byte, becomes 2^28 in four bytes.
    try write(
      "good/pytorch/views-legacy.pt", to: "bomb.pt", replacing: 811..<813,
      with: [UInt8(ascii: "J"), 0, 0, 0, 0x10])
    let run = try diff("bomb.pt", "bomb.pt")
    #expect(run.exitCode == 2 && run.output.isEmpty)
    #expect(
      run.errors.contains("FI004") && run.errors.hasSuffix("tandem: bomb.pt: 1 error\n"),
      "\(run.errors)")
    let json = try diff("bomb.pt", "bomb.pt", "--json")
    #expect(json.exitCode == 2 && json.output.contains("\"code\":\"FI004\""), "\(json.output)")
  }
}
