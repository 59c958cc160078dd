public import TandemBytes
import TandemConversion
public import TandemEngine

/// Measurements of a decoder, and of llama.cpp in turns with it.
public struct DecodingRounds: Sendable {
  private(set) var ours: [DecodingBenchmark] = []
  private(set) var llamas: [LlamaBenchmark] = []
  /// The program that measured llama.cpp; nil if none did.
  private(set) var program: String?

  public init() {}

  /// Begins a round with a measurement of ours.
  public mutating func add(_ benchmark: DecodingBenchmark) { ours.append(benchmark) }

  /// Ends a round: llama.cpp does what the last measurement of ours did.
  ///
  /// - Parameters:
  ///   - program: As ``TandemConversion/LlamaBenchmark`` takes it.
  ///   - model: The same model in GGUF.
  ///   - blockCount: The blocks of each length that are averaged.
  /// - Throws: ``FileError`` if the program cannot be run.
  public mutating func addLlama(
    _ program: String, model: String, blockCount: Int
  ) throws(FileError) {
    guard let last = ours.last else { return }
    let task = LlamaBenchmark.Task(
      model: model, threadCount: last.threadCount, position: last.position,
      blockLengths: last.blocks.map(\.tokenCount), promptLength: last.prompt?.tokenCount ?? 0,
      blockCount: blockCount)
    llamas.append(try LlamaBenchmark(program, task))
    self.program = program
  }
}
