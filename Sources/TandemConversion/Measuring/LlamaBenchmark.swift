public import TandemBytes
import TandemJSON

/// How long llama.cpp takes for blocks of tokens and for a prompt, measured by one of its own
/// programs in a process of its own.
///
/// `llama-batched-bench` computes a block as one token of each of several sequences that share what
/// came before, with the logits of all of them: the same work as the verification of a draft.
/// A Python with `xllamacpp` measures a prompt and single tokens only.
public struct LlamaBenchmark: Sendable {
  /// What the program is asked for.
  public struct Task: Sendable {
    /// The model in GGUF.
    public var model: String
    public var threadCount: Int
    /// The positions before each block.
    public var position: Int
    public var blockLengths: [Int]
    /// 0 for no prompt.
    public var promptLength: Int
    /// The blocks of each length that are averaged.
    public var blockCount: Int

    public init(
      model: String, threadCount: Int, position: Int, blockLengths: [Int], promptLength: Int,
      blockCount: Int
    ) {
      self.model = model
      self.threadCount = threadCount
      self.position = position
      self.blockLengths = blockLengths
      self.promptLength = promptLength
      self.blockCount = blockCount
    }
  }

  /// The time of a block by its length.
  public private(set) var blocks: [Int: Duration] = [:]
  public private(set) var prompt: Duration?

  /// Runs the program.
  ///
  /// - Parameter program: `llama-batched-bench`, or a Python, told by its name.
  /// - Throws: ``FileError`` if it cannot be run, or says something else than it should.
  public init(_ program: String, _ task: Task) throws(FileError) {
    let isPython = Paths.name(program).hasPrefix("python")
    let calls = isPython ? [Self.pythonArguments(task)] : Self.arguments(task)
    for call in calls { try take(ChildProcess.output(of: [program] + call), program, task) }
    if prompt == nil && blocks.isEmpty {
      throw FileError(program, "measure with it", reason: "it has written no figures")
    }
  }

  /// Blocks after a shared prompt, then a prompt with one token after it.
  private static func arguments(_ task: Task) -> [[String]] {
    func call(_ position: Int, _ count: Int, _ lengths: [Int]) -> [String] {
      let room = position + count * (lengths.max() ?? 1)
      let counts = lengths.map { "\($0)" }.joined(separator: ",")
      let threads = "\(task.threadCount)"
      return [
        "-m", task.model, "-t", threads, "-tb", threads, "-ngl", "0", "-c", "\(room)", "-npp",
        "\(position)", "-ntg", "\(count)", "-npl", counts, "-pps", "-kvu", "--output-format",
        "jsonl",
      ]
    }
    let prompt = task.promptLength > 0 ? [call(task.promptLength, 1, [1])] : []
    return prompt + [call(task.position, task.blockCount, task.blockLengths)]
  }

  private static func pythonArguments(_ task: Task) -> [String] {
    let numbers = [task.threadCount, task.position, task.promptLength, 8 * task.blockCount]
    return ["-c", script, task.model] + numbers.map { "\($0)" }
  }

  /// Writes lines like those of `llama-batched-bench`, from the figures of llama.cpp's server.
  private static let script = """
    import json, sys, xllamacpp
    threads, position, prompt, count = map(int, sys.argv[2:])
    p = xllamacpp.CommonParams()
    p.model.path, p.n_ctx, p.n_parallel, p.verbosity = sys.argv[1], max(prompt, position + count) + 64, 1, -1
    p.cpuparams.n_threads = p.cpuparams_batch.n_threads = threads
    server = xllamacpp.Server(p)
    def measure(length, count):
        words = {"prompt": [3 + i * 7919 % 89 for i in range(length)], "n_predict": count, "temperature": 0}
        answer = server.handle_completions({**words, "ignore_eos": True, "cache_prompt": False})
        t = (json.loads(answer) if isinstance(answer, str) else answer)["timings"]
        # The first token comes from the prompt.
        return {"pp": length, "tg": max(count - 1, 1), "pl": 1, "t_pp": t["prompt_ms"] / 1000, "t_tg": t["predicted_ms"] / 1000}
    if prompt:
        print(json.dumps(measure(prompt, 1)))
    print(json.dumps(measure(position, count)))
    """

  /// Takes the figures of a call: one line of JSON for each length.
  private mutating func take(
    _ output: [UInt8], _ program: String, _ task: Task
  ) throws(FileError) {
    for line in output.split(separator: UInt8(ascii: "\n")) where line.first == UInt8(ascii: "{") {
      guard let figures = Figures(Array(line)) else {
        throw FileError(program, "read what it writes", reason: "a line has no such figures")
      }
      if figures.promptLength == task.promptLength { prompt = prompt ?? figures.prompt }
      if figures.promptLength == task.position { blocks[figures.blockLength] = figures.block }
    }
  }
}

/// A line of figures.
private struct Figures {
  let promptLength: Int
  let blockLength: Int
  let block: Duration
  let prompt: Duration

  init?(_ line: [UInt8]) {
    guard let value = try? JSONDocument(parsing: line.rawSpan).root,
      let before = value["pp"]?.int, let length = value["pl"]?.int,
      let count = value["tg"]?.int, count > 0,
      let decoding = value["t_tg"]?.double, let reading = value["t_pp"]?.double
    else { return nil }
    promptLength = before
    blockLength = length
    block = .seconds(decoding) / count
    prompt = .seconds(reading)
  }
}
