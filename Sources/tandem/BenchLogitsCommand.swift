import ArgumentParser
import TandemBytes
import TandemCheckpoints
import TandemEngine
import TandemKernels
import TandemTensors

struct BenchLogitsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logits",
    abstract: "Writes the logits of tokens, to compare them with another program's.",
    discussion: """
      Reads ids with white space between them from standard input. Writes a .npy file: (tokens, rows of the head), F32.

      Example: tandem tokenize model.tandem --ids < text | tandem bench logits model.tandem -o logits.npy
      """)

  @OptionGroup var engine: EngineArguments

  @OptionGroup var model: MemberArguments

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The file that is written.", valueName: "file"),
    completion: .file(extensions: ["npy"]))
  var output: String

  @Flag(help: "Replaces the file if it exists.")
  var force = false

  @Option(help: ArgumentHelp("The tokens that are computed at once.", valueName: "n"))
  var block = Decoder.maximumBlockLength

  @Option(
    help: ArgumentHelp(
      "Instructions: portable, avx2, avx512 or neon; the fastest if not given.",
      valueName: "variant"))
  var variant = ProductVariant.best

  func validate() throws {
    guard 1...Decoder.maximumBlockLength ~= block else {
      throw ValidationError("--block is \(block); allowed are 1 to \(Decoder.maximumBlockLength)")
    }
    guard variant.isAvailable else {
      throw ValidationError("--variant is \(variant), which this processor does not have")
    }
  }

  func run() throws {
    let bundle = try engine.open()
    let member = try model.find(in: bundle)
    var decoder = try engine.decoder(bundle, member, variant: variant)
    let ids = try StandardReader.readTokenIDs()
    let file = try OutputFile(path: output, replacing: force)
    let header = NPYOutput.header(
      type: "<f4", shape: Shape([ids.count, decoder.vocabularySize]))
    try file.write(header.rawSpan, at: 0)
    try write(ids, &decoder, to: file, at: header.count)
    try file.commit()
  }

  private func write(
    _ ids: [Int], _ decoder: inout Decoder, to file: OutputFile, at start: Int
  ) throws {
    var offset = start
    for first in stride(from: 0, to: ids.count, by: block) {
      let tokens = Array(ids[first..<min(first + block, ids.count)])
      try decoder.forward(tokens, logits: .all)
      for row in tokens.indices {
        let bytes = Self.bytes(decoder.logits(ofRow: row))
        try file.write(bytes.rawSpan, at: offset)
        offset += bytes.count
      }
    }
  }

  /// The numbers as they are stored in files.
  private static func bytes(_ numbers: Span<Float>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(4 * numbers.count)
    for index in numbers.indices { bytes.append(littleEndian: numbers[index].bitPattern) }
    return bytes
  }
}
