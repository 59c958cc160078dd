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

  @Test func `a type without a conversion is refused, once for all its tensors`() throws {
    let bytes = [UInt8](repeating: 0, count: 8)
    let source = try run.source([
      SourceTensor("a", .c64, [1], bytes), SourceTensor("b", .c64, [1], bytes),
      SourceTensor("ids", .i64, [1], bytes),
    ])
    let plan = try run.plan(source, to: "x.gguf") {
      $0.typeRules = [.init(Glob("?"), .f32), .init(Glob("ids"), .q4_k)]
    }
    #expect(plan.findings.all.map(\.code) == ["CV002", "CV003"])
    #expect(plan.findings.all[0].message == "C64 cannot be converted to F32 (as for 1 more tensor)")
  }
}
