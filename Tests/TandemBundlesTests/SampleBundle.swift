import TandemBundles
import TandemBytes
import TandemTensors
import TandemTestSupport

/// A small bundle of two models that share a tokenizer and a tensor, with everything that a bundle
/// can hold.
struct SampleBundle {
  let folder: TemporaryFolder
  let source: [UInt8]
  let plan: BundlePlan

  init() throws {
    folder = try TemporaryFolder()
    source = (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 37 ^ $0 >> 3) }
    let file = try MappedFile(path: folder.write(source, to: "source.bin"))
    var plan = BundlePlan()
    plan.payloads = [
      BundlePlan.Payload(file: file, range: 100..<164, member: 1),
      BundlePlan.Payload(file: file, range: 200..<200, member: 1),
      BundlePlan.Payload(file: file, range: 300..<334, member: 0),
      BundlePlan.Payload(file: file, range: 334..<338, member: 0),
    ]
    plan.members = [
      BundlePlan.Member(
        role: .primary, name: "primary",
        tensors: [
          BundlePlan.Tensor(name: "w", type: .q8_0, shape: [1, 32], payload: 2),
          BundlePlan.Tensor(name: "embedding", type: .f32, shape: [4, 4], payload: 0),
          BundlePlan.Tensor(name: "scale", type: .f32, shape: [], payload: 3),
        ],
        fields: [
          "config.hidden_size": .unsigned(4), "config.offset": .signed(-3),
          "config.rope_base": .float(10000), "config.tied": .bool(true),
          "config.architecture": .string("llama"), "config.eos": .list([1, 2]),
          "tool": .string("test"),
        ],
        tokenizer: 2, tokenizerDigest: SHA256Hasher.digest(of: RawSpan())),
      BundlePlan.Member(
        role: .secondary, name: "secondary",
        tensors: [
          BundlePlan.Tensor(name: "embedding", type: .f32, shape: [4, 4], payload: 0),
          BundlePlan.Tensor(name: "empty", type: .bf16, shape: [0, 7], payload: 1),
        ]),
      BundlePlan.Member(
        role: .tokenizer, name: "tokenizer", tokenizerDigest: SHA256Hasher.digest(of: RawSpan())),
    ]
    plan.relations = [
      BundlePlan.Relation(
        kind: "tandem", from: 1, to: 0,
        fields: ["layer_map": .list([1, 3]), "free_token": .bool(true)])
    ]
    plan.sections = [
      BundlePlan.Section(
        kind: .document, name: "config.json", member: 0,
        content: .file(file, [0..<100])),
      BundlePlan.Section(
        kind: .header, name: "a.bin", member: 0,
        content: .file(file, [500..<600, 700..<720])),
    ]
    plan.sourceFiles = [
      BundlePlan.SourceFile(
        path: "a.bin", member: 0,
        segments: [
          .section(index: 1, range: 0..<120), .zeros(byteCount: 8),
          .payload(index: 2, range: 0..<34),
        ])
    ]
    self.plan = plan
  }

  /// Writes the bundle and returns its path.
  func write(to name: String = "sample.tandem") throws -> String {
    let path = "\(folder.path)/\(name)"
    _ = try BundleWriter(plan).write(to: path, replacing: true)
    return path
  }

  /// Writes the bundle and opens it.
  func open() throws -> TandemBundle { try TandemBundle(path: write()) }
}
