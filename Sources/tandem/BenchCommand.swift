import ArgumentParser
import TandemBundles
import TandemConversion
import TandemReports

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures this program.",
    subcommands: [
      BenchOpenCommand.self, BenchProductsCommand.self, BenchDecodeCommand.self,
      BenchPerplexityCommand.self, BenchLogitsCommand.self,
    ])

  func run() throws { throw ValidationError("what is missing is a command") }
}

struct BenchOpenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "open",
    abstract: "Measures how long a bundle takes to open.",
    discussion: """
      Opens the bundle and touches its first weight again and again, then reads its tensors (4 GiB at most) once.

      Example: tandem bench open pair.tandem --repetitions 1000
      """)

  @Argument(help: "The bundle.", completion: .file(extensions: ["tandem"]))
  var path: String

  @Option(
    parsing: .unconditional, help: ArgumentHelp("How often it is opened.", valueName: "n"))
  var repetitions = 200

  @Flag(help: "Prints JSON.")
  var json = false

  func validate() throws {
    guard 1...1_000_000 ~= repetitions else {
      throw ValidationError("--repetitions is \(repetitions); allowed are 1 to 1000000")
    }
  }

  func run() throws {
    _ = try TandemBundle.open(path, to: "measure")
    let result = try OpenBenchmark(path: path, repetitions: repetitions)
    let report = OpenBenchmarkReport(path: path, result)
    try printResult(report, asJSON: json)
  }
}
