import Foundation
import TandemBytes

/// A run of the built tool, and what it left.
public struct ToolRun: Equatable {
  /// The exit code; 128 and its number if a signal ended the run, as shells say it.
  public let exitCode: Int
  public let output: String
  public let errors: String

  /// Where the standard output goes.
  public enum Output {
    case captured
    /// A pipe whose reader is gone.
    case brokenPipe
    case file(String)
  }

  public init(exitCode: Int, output: String = "", errors: String = "") {
    self.exitCode = exitCode
    self.output = output
    self.errors = errors
  }

  /// Runs the tool that lies beside the test bundle, with no environment but the sanitizers' options.
  ///
  /// - Parameters:
  ///   - folder: The working folder of the run.
  ///   - input: What the run reads from its standard input.
  ///   - ignoresPipeSignal: Whether the run begins with `SIGPIPE` ignored, as some parents leave it.
  public init(
    _ arguments: [String], in folder: String = ".", input: [UInt8] = [],
    output target: Output = .captured,
    ignoresPipeSignal: Bool = false
  ) throws {
    let scratch = try TemporaryFolder()
    let (outputPath, errorsPath) = ("\(scratch.path)/output", "\(scratch.path)/errors")
    let process = Process()
    let prefix = ignoresPipeSignal ? "trap '' PIPE; " : ""
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", prefix + "exec \"$@\"", "sh", try Self.path()] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = ProcessInfo.processInfo.environment.filter {
      $0.key.hasSuffix("SAN_OPTIONS")
    }
    let inputPath = "\(scratch.path)/input"
    try Data(input).write(to: URL(fileURLWithPath: inputPath))
    process.standardInput = FileHandle(forReadingAtPath: inputPath)
    process.standardError = try Self.file(errorsPath)
    switch target {
    case .captured: process.standardOutput = try Self.file(outputPath)
    case .file(let path): process.standardOutput = try Self.file(path)
    case .brokenPipe:
      let pipe = Pipe()
      try pipe.fileHandleForReading.close()
      process.standardOutput = pipe.fileHandleForWriting
    }
    try process.run()
    process.waitUntilExit()
    let isSignalled = process.terminationReason == .uncaughtSignal
    exitCode = Int(process.terminationStatus) + (isSignalled ? 128 : 0)
    output = try Self.text(of: outputPath)
    errors = try Self.text(of: errorsPath)
  }

  private static func file(_ path: String) throws -> FileHandle {
    if !FileManager.default.fileExists(atPath: path) {
      _ = FileManager.default.createFile(atPath: path, contents: nil)
    }
    return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
  }

  /// The tool is built into the folder of the test bundle.
  private static func path() throws -> String {
    Paths.join(Paths.folder(try Paths.resolved("/proc/self/exe")), "tandem")
  }

  private static func text(of path: String) throws -> String {
    guard FileManager.default.fileExists(atPath: path) else { return "" }
    return String(decoding: try contents(of: path), as: UTF8.self)
  }
}
