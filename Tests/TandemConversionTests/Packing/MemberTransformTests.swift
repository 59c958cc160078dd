import TandemBundles
import TandemBytes
import TandemCheckpoints
import TandemKernels
import TandemTensors
import TandemTestSupport
import Testing

@testable import TandemConversion

@Suite struct MemberTransformTests {
  private static let good = ConversionSample.root + "/good"

  /// A member to change, and how; the conversion that does the same to its file.
  struct Case: CustomTestStringConvertible {
    let sample: String
    let output: String
    let transform: MemberTransform

    init(
      _ sample: String, to output: String, _ type: ElementType? = nil, quantised: String? = nil,
      keeping rules: [(String, ElementType)] = []
    ) {
      self.sample = sample
      self.output = output
      var transform = MemberTransform()
      transform.elementType = type
      transform.quantisation = quantised.flatMap { Quantisation(name: $0) }
      transform.typeRules = rules.map { ConversionOptions.TypeRule(Glob($0), $1) }
      self.transform = transform
    }

    var testDescription: String { "\(sample) \(transform.description)" }

    static let all = [
      Case("gguf/tiny-llama.gguf", to: "tiny-llama.gguf", .bf16),
      Case("gguf/tiny-llama-f16.gguf", to: "tiny-llama-f16.gguf", quantised: "q8_0"),
      Case(
        "gguf/tiny-llama-f16.gguf", to: "tiny-llama-f16.gguf", quantised: "q4_0",
        keeping: [("*attn_v*", .q8_0)]),
      Case("huggingface/tiny-llama", to: "tiny-llama", .f16),
      Case("huggingface/tiny-llama", to: "tiny-llama", nil, keeping: [("*norm*", .f64)]),
    ]
  }

  private func packed(
    _ path: String, _ transforms: [MemberRole: MemberTransform], in folder: TemporaryFolder
  ) throws -> (bundle: TandemBundle, packer: Packer) {
    var options = Packer.Options()
    options.transforms = transforms
    let packer = try Packer(path: path, options)
    let plan = try #require(packer.plan, "\(packer.findings.all)")
    let writer = BundleWriter(plan)
    let output = "\(folder.path)/packed.tandem"
    _ = try writer.write(to: output, replacing: true)
    let bundle = try TandemBundle(path: output)
    #expect(bundle.byteCount == writer.byteCount)
    #expect(bundle.verify().all.isEmpty)
    return (bundle, packer)
  }

  @Test(arguments: Case.all)
  func `a member that gets other types unpacks as the file that converting writes`(
    _ example: Case
  ) throws {
    let run = try ConversionRun()
    let source = "\(Self.good)/\(example.sample)"
    try run.folder.makeFolders(for: "converted/\(example.output)")
    try run.convert(source, to: "converted/\(example.output)") { options in
      options.elementType = example.transform.elementType
      options.quantisation = example.transform.quantisation
      options.typeRules = example.transform.typeRules
      options.isTranslating = false
    }
    let (bundle, _) = try packed(source, [.primary: example.transform], in: run.folder)
    try Unpacker(bundle, members: bundle.members, to: run.path("unpacked")).write(replacing: false)
    let converted = run.path("converted/\(example.output)")
    var unpacked = run.path("unpacked/primary")
    if example.sample.hasSuffix(".gguf") { unpacked += "/\(example.output)" }
    for name in try FileStatus(path: converted).kind == .folder ? Paths.names(in: converted) : [""]
    {
      let expected = try contents(of: name.isEmpty ? converted : "\(converted)/\(name)")
      let found = try contents(of: name.isEmpty ? unpacked : "\(unpacked)/\(name)")
      #expect(found == expected, "\(name)")
    }
    let primary = try #require(bundle.member(.primary))
    let digest = try run.checkpoint(source).tensorSetDigest()
    #expect(bundle.fields(of: primary)["derived.digest"] == .string(digest.description))
    let convertedDigest = try run.checkpoint(converted).tensorSetDigest()
    #expect(primary.tensorSetDigest == convertedDigest)
  }

  @Test func `a member whose types are the wanted ones stays as it is`() throws {
    let folder = try TemporaryFolder()
    let path = "\(Self.good)/gguf/tiny-llama.gguf"
    let checkpoint = try CheckpointReading.read(path: path, isLenient: false).get()
    var transform = MemberTransform()
    transform.typeRules = checkpoint.tensors.map { .init(Glob($0.name), $0.type) }
    let (bundle, _) = try packed(path, [.primary: transform], in: folder)
    let (plain, _) = try packed(path, [:], in: folder)
    #expect(bundle.digest == plain.digest)
  }

  @Test func `a folder cannot hold blocks, and what to do is said`() throws {
    var transform = MemberTransform()
    transform.quantisation = Quantisation(name: "q4_0")
    var options = Packer.Options()
    options.transforms = [.primary: transform, .secondary: transform]
    let packer = try Packer(path: "\(Self.good)/huggingface/tiny-llama", options)
    #expect(packer.plan == nil)
    let errors = packer.findings.all.filter { $0.severity == .error }
    #expect(Set(errors.map(\.code)) == ["PK005", "PK006"])
    #expect(errors.contains { $0.remedy?.contains("model.gguf --quantize q4_0, and say") ?? false })
  }

  @Test func `a pair stays bound to a primary in another precision`() throws {
    let folder = try TemporaryFolder()
    let path = "\(Self.good)/pairs/tandem/PAIR.json"
    var transform = MemberTransform()
    transform.elementType = .f16
    let (bundle, _) = try packed(path, [.primary: transform], in: folder)
    let findings = try Validation(path: bundle.file.path, Validation.Options()).findings
    #expect(findings.all.map(\.code).contains("PAIR072"))
    #expect(!findings.hasErrors)
    let plain = try packed(path, [:], in: folder).bundle
    let none = try Validation(path: plain.file.path, Validation.Options()).findings
    #expect(!none.all.map(\.code).contains("PAIR072"))
  }

  @Test func `numbers out of a type's range are told once the bundle is written`() throws {
    let run = try ConversionRun()
    var bytes: [UInt8] = []
    for value in [1, 1e6, -1e9, 0] as [Float] { bytes.append(littleEndian: value.bitPattern) }
    let path = try run.source([SourceTensor("w", .f32, [4], bytes)])
    var transform = MemberTransform()
    transform.elementType = .f16
    let (_, packer) = try packed(path, [.primary: transform], in: run.folder)
    #expect(packer.losses.all.map(\.message) == ["2 values are out of the range of F16"])
  }

  @Test(arguments: [ElementType.q4_0, .q8_0, .q4_k, .bf16, .f64], [0, 1, 2])
  func `parts of a payload that end anywhere make the whole`(
    _ type: ElementType, _ seed: Int
  ) throws {
    let count = 256 * 7 + (type.block.elementCount == 256 ? 0 : 96)
    var source: [UInt8] = []
    for index in 0..<count {
      source.append(littleEndian: Float((index &* 7919 &+ seed) % 1013 - 500).bitPattern)
    }
    let target = try #require(OutputTensor(name: "w", type: type, shape: [count]))
    let making = try #require(PayloadRecoding(from: .f32, to: target))
    var whole = [UInt8](repeating: 0, count: making.byteCount)
    var room = whole.mutableRawSpan
    let recoding = try #require(Recoding(from: .f32, to: type))
    let loss = recoding.convert(source.rawSpan, into: &room)
    var parts: [UInt8] = []
    var number = seed
    while parts.count < making.byteCount {
      number = (number &* 1_103_515_245 &+ 12345) & 0x7FFF_FFFF
      let end = min(parts.count + 1 + number % 700, making.byteCount)
      var part = [UInt8](repeating: 0xEE, count: end - parts.count)
      var place = part.mutableRawSpan
      making.write(parts.count..<end, from: source.rawSpan, into: &place)
      parts += part
    }
    #expect(parts == whole)
    #expect(making.loss == loss)
  }
}
