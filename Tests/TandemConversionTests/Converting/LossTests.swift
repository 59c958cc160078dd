import TandemBytes
import TandemCheckpoints
import TandemConversion
import TandemKernels
import TandemTensors
import TandemTestSupport
import Testing

@Suite struct LossTests {
  private let run: ConversionRun

  init() throws { run = try ConversionRun() }

  @Test func `what a type does not have is warned of`() throws {
    var bytes: [UInt8] = []
    for value: Float in [-1, .nan, .infinity, 1] { bytes.append(littleEndian: value.bitPattern) }
    let source = try run.source([SourceTensor("w", .f32, [4], bytes)])
    let plan = try run.plan(source, to: "x.safetensors") {
      $0.typeRules = [.init(Glob("w"), .u8)]
    }
    let result = try Converter(plan).write()
    let written = try run.checkpoint(run.path("x.safetensors"))
    #expect(written.bytes(of: written.tensors[0]) == [0, 0, 255, 1])
    #expect(
      result.findings.all.map { "\($0.severity) \($0.code): \($0.message)" } == [
        "warning CV011: 2 values are out of the range of U8",
        "warning CV014: 1 NaN became a number of U8",
      ])
  }

  /// GGUF adds 1 to Gemma's norms, in F32: 1e-9 is lost in it, 2^-20 is not.
  @Test func `what the constant of a norm rounds away is a loss, and what it does not is none`()
    throws
  {
    let norm = "model.norm.weight"
    let sample = "\(ConversionSample.root)/good/huggingface/tiny-gemma3"
    let wide = try run.convert(sample, to: "wide/") { $0.elementType = .f32 }
    let descriptor = try #require(wide.tensors.first { $0.name == norm })
    let file = wide.files[descriptor.fileIndex]
    var bytes = file.file.bytes.array
    let count = descriptor.shape.elementCount ?? 0
    for (number, isLost) in [(1e-9 as Float, true), (0x1p-20, false)] {
      for index in 0..<count {
        var code: [UInt8] = []
        code.append(littleEndian: number.bitPattern)
        let start = descriptor.byteRange.lowerBound + 4 * index
        bytes.replaceSubrange(start..<start + 4, with: code)
      }
      try run.folder.write(bytes, to: "wide/\(file.name)")
      let plan = try run.plan(run.path("wide"), to: "\(isLost).gguf")
      let result = try Converter(plan).write()
      let index = try #require(plan.tensors.firstIndex { $0.sourceName == norm })
      let loss = try #require(result.losses[index])
      #expect(loss.isLoss == isLost)
      #expect(loss.underflowCount == (isLost ? count : 0))
      #expect(loss.largestAbsoluteError == (isLost ? Double(number) : 0))
      #expect(loss.largestRelativeError == (isLost ? 1 : 0))
    }
  }
}
