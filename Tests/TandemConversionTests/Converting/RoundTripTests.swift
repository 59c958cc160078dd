import TandemBytes
import TandemCheckpoints
import TandemConversion
import TandemTensors
import TandemTestSupport
import Testing

@Suite struct RoundTripTests {
  private let run: ConversionRun

  init() throws { run = try ConversionRun() }

  /// Whether GGUF can say it.
  private func fitsGGUF(_ tensor: TensorDescriptor) -> Bool {
    GGUFType.number(of: tensor.type) != nil && tensor.shape.rank <= 4
      && tensor.name.utf8.count <= 63
  }

  @Test(arguments: ConversionSample.safetensors)
  func `safetensors comes back from GGUF bit for bit`(_ sample: ConversionSample) throws {
    let source = try run.checkpoint(sample.path)
    let lost = source.tensors.filter { !fitsGGUF($0) }.map { Glob(exactly: $0.name) }
    guard lost.count < source.tensors.count || source.tensors.isEmpty else { return }
    let gguf = try run.convert(sample.path, to: "a.gguf") { $0.exclusions = lost }
    let back = try run.convert(gguf.path, to: "b.safetensors")
    let kept = source.contents.filter { name, _ in !lost.contains { $0.matches(name) } }
    #expect(gguf.contents == kept)
    #expect(back.contents == kept)
  }

  @Test(arguments: ConversionSample.gguf)
  func `GGUF comes back from safetensors bit for bit`(_ sample: ConversionSample) throws {
    let source = try run.checkpoint(sample.path)
    let lost = source.tensors.filter { !$0.type.isSafetensors }.map { Glob(exactly: $0.name) }
    guard lost.count < source.tensors.count || source.tensors.isEmpty else { return }
    let safetensors = try run.convert(sample.path, to: "a.safetensors") { $0.exclusions = lost }
    let kept = source.contents.filter { name, _ in !lost.contains { $0.matches(name) } }
    #expect(safetensors.contents == kept)
    let back = try run.convert(safetensors.path, to: "b.gguf")
    #expect(back.contents == kept)
  }

  @Test(arguments: ConversionSample.gguf)
  func `GGUF keeps every tensor and key in another GGUF`(_ sample: ConversionSample) throws {
    let source = try run.checkpoint(sample.path)
    let copy = try run.convert(sample.path, to: "copy.gguf")
    #expect(copy.contents == source.contents)
    guard case .gguf(let before) = source.metadata, case .gguf(let after) = copy.metadata else {
      Issue.record("the metadata are no GGUF's")
      return
    }
    let bytes = { (metadata: GGUFMetadata) in
      metadata.entries.filter { !$0.key.hasPrefix("split.") }
        .map { metadata.file.bytes.extracting($0.byteRange).array }
    }
    let (old, new) = (bytes(before), bytes(after))
    #expect(new.prefix(old.count).elementsEqual(old))
    #expect(before.alignment == after.alignment)
  }

  @Test(arguments: ConversionSample.safetensors)
  func `safetensors keeps tensors and metadata, whatever the order and padding`(
    _ sample: ConversionSample
  ) throws {
    let source = try run.checkpoint(sample.path)
    let copy = try run.convert(sample.path, to: "copy.safetensors")
    #expect(copy.contents == source.contents)
    if case .safetensors(let before) = source.metadata,
      case .safetensors(let after) = copy.metadata
    {
      #expect(before.flatMap(\.pairs) == after.flatMap(\.pairs))
    }
    for tensor in copy.tensors where !tensor.type.isSubByte {
      #expect(tensor.byteRange.lowerBound % tensor.type.block.byteCount == 0)
    }
    let again = try run.convert(copy.path, to: "again.safetensors")
    #expect(try contents(of: again.path) == contents(of: copy.path))
  }

  @Test(arguments: ConversionSample.safetensors)
  func `safetensors comes back from npz bit for bit`(_ sample: ConversionSample) throws {
    let source = try run.checkpoint(sample.path)
    let lost = source.tensors.filter {
      $0.type.numPyName == nil || $0.shape.rank > 32 || !Paths.isSafeRelative($0.name)
        || $0.name.utf8.count > 4000
    }.map { Glob(exactly: $0.name) }
    guard lost.count < source.tensors.count else { return }
    let archive = try run.convert(sample.path, to: "a.npz") { $0.exclusions = lost }
    let back = try run.convert(archive.path, to: "b.safetensors")
    let kept = source.contents.filter { name, _ in !lost.contains { $0.matches(name) } }
    #expect(back.contents == kept)
  }

  @Test(arguments: ConversionSample.pytorch)
  func `tensors that are stored otherwise are written in place`(_ sample: ConversionSample) throws {
    let reading = try CheckpointReading.read(path: sample.path, isLenient: false)
    let checkpoint = try #require(reading.checkpoint)
    let source = try checkpoint.materialised()
    let unknown = source.tensors.filter { !$0.type.isSafetensors }.map { Glob(exactly: $0.name) }
    guard unknown.count < source.tensors.count else { return }
    let written = try run.convert(sample.path, to: "a.safetensors") { $0.exclusions = unknown }
    #expect(written.contents == source.contents)
  }

  @Test func `the same input gives the same bytes in every format`() throws {
    let source = try run.source([
      SourceTensor("b", floats: 300), SourceTensor("a", .u8, [3], [1, 2, 3]),
    ])
    for ending in ["safetensors", "gguf", "npz"] {
      let change = { (options: inout ConversionOptions) in
        if ending == "gguf" { options.exclusions = [Glob("a")] }
      }
      for name in ["1", "2"] {
        let plan = try run.plan(source, to: "\(name).\(ending)", change)
        _ = try Converter(plan).write()
      }
      #expect(
        try contents(of: run.path("1.\(ending)")) == contents(of: run.path("2.\(ending)")))
    }
  }
}

extension Glob {
  /// The pattern that only this name matches.
  init(exactly name: String) {
    let escaped = name.map { "*?[".contains($0) ? "[\($0)]" : String($0) }
    self.init(escaped.joined())
  }
}
