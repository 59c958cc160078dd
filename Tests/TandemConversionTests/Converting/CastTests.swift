import TandemBytes
import TandemCheckpoints
import TandemConversion
import TandemKernels
import TandemTensors
import TandemTestSupport
import Testing

@Suite struct CastTests {
  private let run: ConversionRun

  init() throws { run = try ConversionRun() }

  /// Pieces end at multiples of a MiB, or of what the memory allows.
  @Test(arguments: [0, 1, 255, 256, 257, 262_143, 262_144, 262_145, 1_000_000])
  func `pieces make what the whole makes`(_ count: Int) throws {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(4 * count)
    var state: UInt32 = 1
    for _ in 0..<count {
      state = state &* 1_664_525 &+ 1_013_904_223
      // Signs and fractions of every kind, exponents in the middle.
      bytes.append(littleEndian: (state & 0x83FF_FFFF) | 0x3C00_0000)
    }
    let source = try run.source([SourceTensor("w", .f32, [count], bytes)])
    for type in [ElementType.f16, .bf16, .f8_e5m2] {
      let recoding = try #require(Recoding(from: .f32, to: type))
      var whole = [UInt8](repeating: 0, count: count * type.block.byteCount)
      var output = whole.mutableRawSpan
      let loss = recoding.convert(bytes.rawSpan, into: &output)
      let plan = try run.plan(source, to: "x.safetensors") {
        $0.elementType = type
        $0.isReplacing = true
        $0.isVerifying = true
        $0.memoryByteCount = 1
      }
      let result = try Converter(plan).write()
      let written = try run.checkpoint(run.path("x.safetensors"))
      #expect(written.bytes(of: written.tensors[0]) == whole)
      #expect(result.losses[0] == loss)
      #expect(result.findings.all.isEmpty)
    }
  }

  @Test func `what is too large is counted and warned of`() throws {
    var bytes: [UInt8] = []
    for value: Float in [1, 1e5, -1e30, .infinity] { bytes.append(littleEndian: value.bitPattern) }
    let source = try run.source([SourceTensor("w", .f32, [4], bytes)])
    let plan = try run.plan(source, to: "x.safetensors") { $0.elementType = .f16 }
    let result = try Converter(plan).write()
    #expect(result.losses[0]?.overflowCount == 2)
    #expect(result.findings.all.map(\.code) == ["CV011"])
    #expect(result.findings.all[0].severity == .warning)
  }

  /// llama.cpp adds vectors to, and multiplies them with, what it computes in F32 only.
  @Test func `a cast to GGUF leaves vectors, norms and positions F32`() throws {
    let tensors = [
      SourceTensor("token_embd.weight", floats: 8, [2, 4]), SourceTensor("x.bias", floats: 4),
      SourceTensor("blk.0.attn_q_norm.weight", floats: 8, [2, 4]),
      SourceTensor("position_embd.weight", floats: 8, [2, 4]),
      SourceTensor("ids", .i32, [1], [1, 0, 0, 0]), SourceTensor("half", .f16, [1], [0, 60]),
    ]
    let source = try run.source(tensors)
    let vectors = tensors.filter { $0.name != "token_embd.weight" }.map(\.name)
    for first in ["first.gguf", "first.safetensors"] {
      let plain = try run.convert(source, to: first)
      for type in [ElementType.f16, .bf16] {
        let cast = { (options: inout ConversionOptions) in
          options.elementType = type
          options.isReplacing = true
        }
        let gguf = try run.convert(plain.path, to: "cast.gguf", cast).contents
        #expect(gguf["token_embd.weight"]?.type == type)
        #expect(gguf["ids"]?.type == .i32)
        for name in vectors where name != "ids" { #expect(gguf[name]?.type == .f32, "\(name)") }
        #expect(gguf["x.bias"]?.bytes == tensors[1].bytes)
        #expect(gguf["half"]?.bytes == [0, 0, 128, 63])
        let all = try run.convert(plain.path, to: "cast.safetensors", cast).contents
        for name in vectors where name != "ids" { #expect(all[name]?.type == type, "\(name)") }
      }
    }
    let kept = try run.convert(source, to: "kept.gguf") {
      $0.elementType = .bf16
      $0.typeRules = [.init(Glob("*.bias"), .f16)]
    }
    #expect(kept.contents["x.bias"]?.type == .f16)
  }

  @Test(arguments: [(ElementType.f16, "float16"), (.f32, "float32")])
  func `a cast folder states its new type, and no other byte of it changes`(
    _ type: ElementType, _ name: String
  ) throws {
    let sample = ConversionSample.root + "/good/huggingface/tiny-llama"
    let source = try run.checkpoint(sample)
    let cast = try run.convert(sample, to: "\(name)/") { $0.elementType = type }
    for (old, new) in zip(source.documents, cast.documents) {
      #expect(old.name == new.name)
      let (before, after) = (old.file.bytes.lossyText, new.file.bytes.lossyText)
      let isConfig = old.name == "config.json"
      #expect(
        after == (isConfig ? before.replacing(#""bfloat16""#, with: "\"\(name)\"") : before))
      #expect(!isConfig || after != before)
    }
    let copy = try run.convert(sample, to: "copy-\(name)/")
    for (old, new) in zip(source.documents, copy.documents) {
      let (before, after) = (old.file.bytes.array, new.file.bytes.array)
      #expect(before == after)
    }
  }

  @Test func `a type without a conversion is refused, once for all its tensors`() throws {
    let bytes = [UInt8](repeating: 0, count: 8)
    let source = try run.source([
      SourceTensor("a", .c64, [1], bytes), SourceTensor("b", .c64, [1], bytes),
      SourceTensor("ids", .i64, [1], bytes),
    ])
    let plan = try run.plan(source, to: "x.gguf") {
      $0.typeRules = [.init(Glob("?"), .f32), .init(Glob("ids"), .q4_k)]
    }
    #expect(plan.findings.all.map(\.code) == ["CV002", "CV015", "CV003"])
    #expect(plan.findings.all[0].message == "C64 cannot be converted to F32 (as for 1 more tensor)")
  }
}
