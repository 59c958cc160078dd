import ArgumentParser
import TandemBytes
import TandemEngine
import TandemReports

/// The tool: its commands, and how they end.
struct Tandem: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tandem",
    abstract: "Inspects, checks, compares, converts, packs and runs checkpoints and model pairs.",
    discussion: """
      PATH is a checkpoint (a safetensors, GGUF, PyTorch, NumPy or ONNX file, or a folder as Hugging Face's libraries \
      save it), a bundle (.tandem) or a pair description (PAIR.json). It is recognised by its content, not by its name.

      Results go to standard output, remarks and progress to standard error. --json prints JSON, of a failure too; the \
      schemas are in schemas/. A table that is wider than the terminal leaves out its less important columns; in a pipe \
      it has all. Colours are for terminals, and none if NO_COLOR is set.

      Exit codes: 0 all well; 1 the input has errors (with --strict, warnings); 2 the command could not do its work, \
      or there is nothing to do it on. 'validate' and 'verify' end with 1 for whatever file is not right; commands \
      that need a bundle or a model and get none that can be opened end with 2.
      """,
    version: Release.version,
    subcommands: [
      InspectCommand.self, ValidateCommand.self, DiffCommand.self, ConvertCommand.self,
      PackCommand.self, UnpackCommand.self, VerifyCommand.self, TokenizeCommand.self,
      RunCommand.self, ProbeCommand.self, BenchCommand.self,
    ])

  func run() throws { throw ValidationError("what is missing is a command") }
}

@main
enum Program {
  static func main() {
    Termination.installHandlers()
    if let name = ProcessArguments.firstNotUTF8 {
      let complaint =
        "'\(name.printable)': cannot be used: an argument is not UTF-8, and paths must be"
      fail(complaint, Finding(CommandRule.usage, in: "", complaint))
    }
    if let complaint = CommandNames.complaint(about: Array(CommandLine.arguments.dropFirst())) {
      fail(complaint, Finding(CommandRule.usage, in: "", complaint))
    }
    do {
      var command = try Tandem.parseAsRoot()
      try command.run()
    } catch let failure as FileError {
      fail("\(failure)", failure.finding)
    } catch let finding as Finding {
      fail("\(finding)", finding)
    } catch let error as DecoderError {
      fail("\(error)", Finding(CommandRule.work, in: "", "\(error)"))
    } catch let input as UnreadableInput {
      input.report.writeFindings(TextLayout(for: .error), to: remark)
      fail(input.report.summary, input.report)
    } catch let code as ExitCode {
      Tandem.exit(withError: code)
    } catch {
      end(error)
    }
  }

  /// Ends with one sentence about why the work could not be done.
  private static func fail(_ sentence: String, _ finding: Finding) -> Never {
    var findings = Findings()
    findings.add(finding)
    fail(sentence, FindingsReport(finding.file, findings))
  }

  /// Ends with a sentence for a person, and, where JSON was asked for, with the findings as the
  /// command's result.
  private static func fail(_ sentence: String, _ report: FindingsReport) -> Never {
    remark("tandem: \(sentence)\n")
    let arguments = CommandLine.arguments.dropFirst().prefix { $0 != "--" }
    // Standard output itself may be what has failed; the sentence has said so.
    if arguments.contains("--json") { try? printResult(report, asJSON: true) }
    Tandem.exit(withError: ExitCode.notDone)
  }

  /// Ends after help was asked for, or on arguments that cannot be understood.
  private static func end(_ error: any Error) -> Never {
    var text = Tandem.fullMessage(for: error)
    let prefix = "Error: "
    if text.hasPrefix(prefix) { text = String(text.dropFirst(prefix.count)) }
    guard Tandem.exitCode(for: error) == .success else {
      fail(text, Finding(CommandRule.usage, in: "", Tandem.message(for: error)))
    }
    do throws(FileError) {
      try printResult { $0(text + "\n") }
    } catch {
      fail("\(error)", error.finding)
    }
    Tandem.exit(withError: ExitCode.success)
  }
}

extension ExitCode {
  /// The input has findings of severity error, or with `--strict` of severity warning.
  static let findings = ExitCode(1)
  /// The command could not do its work.
  static let notDone = ExitCode(2)
}

/// A checkpoint has errors, and the command needs one without.
struct UnreadableInput: Error {
  let report: FindingsReport
}

/// Writes a text to standard error.
func remark(_ text: String) {
  let writer = StandardWriter(.error)
  writer.write(text)
  // Nobody is left to be told if this fails.
  try? writer.flush()
}

/// Says on standard error that there are warnings, which the result of the command does not show.
func remarkWarnings(_ report: FindingsReport) {
  guard report.findings.worstSeverity == .warning else { return }
  let what = report.findings.all.count == 1 ? "it" : "them"
  remark("tandem: \(report.summary); 'tandem validate' shows \(what)\n")
}

/// Writes a command's result to standard output.
///
/// - Throws: ``FileError`` if it cannot be written.
func printResult(_ body: (@escaping (String) -> Void) -> Void) throws(FileError) {
  let writer = StandardWriter(.output)
  body(writer.write)
  try writer.flush()
}

/// Writes a report to standard output, as JSON or for a person.
///
/// - Throws: ``FileError`` if it cannot be written.
func printResult(_ report: some Report, asJSON: Bool) throws(FileError) {
  try printResult { output in
    if asJSON {
      report.writeJSON(to: output)
    } else {
      report.write(TextLayout(for: .output), to: output)
    }
  }
}
