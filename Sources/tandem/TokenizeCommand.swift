import ArgumentParser
import TandemBundles
import TandemBytes
import TandemCheckpoints
import TandemConversion
import TandemJSON
import TandemModels
import TandemReports
import TandemTokenizers

struct TokenizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize",
    abstract: "Turns text into a model's tokens, or tokens into text.",
    discussion: """
      Reads the text, or with --decode the ids with white space between them, from standard input.

      Examples:
        tandem tokenize model.gguf < story.txt
        tandem tokenize model.gguf --ids < story.txt > ids
        tandem tokenize model.gguf --decode < ids
        tandem tokenize model.gguf --chat < messages.json
      """)

  @Argument(help: "A checkpoint (file or folder) or a bundle.", completion: .file())
  var path: String

  @Flag(help: "Reads ids, and prints the text that they stand for.")
  var decode = false

  @Flag(
    help: """
      Reads a conversation, and puts it through the model's chat template: a JSON list of messages, or an object with \
      messages and what else the template takes. With --decode, prints the text.
      """)
  var chat = false

  @Flag(help: "Prints nothing but the ids, on one line.")
  var ids = false

  @Flag(
    inversion: .prefixedNo,
    help: """
      Adds begin and end tokens, and reads special tokens written in the text; without, they are plain text. With \
      --decode, prints them.
      """)
  var special = true

  @Flag(help: "Reads bytes that are not UTF-8 as U+FFFD, instead of refusing them.")
  var lossy = false

  @Option(help: ArgumentHelp("The bundle's member whose tokens they are.", valueName: "name"))
  var member = "primary"

  @Flag(help: "Prints JSON.")
  var json = false

  func validate() throws {
    if decode && ids { throw ValidationError("--decode and --ids exclude each other") }
  }

  func run() throws {
    let vocabulary = try vocabulary()
    let tokenizer = try Tokenizer(vocabulary, in: path)
    if decode && !chat { return try printTokens(readIDs(below: vocabulary.tokenCount), tokenizer) }
    let input = try StandardReader.readAll()
    if chat { return try runChat(tokenizer, input) }
    let tokens = try encoded(input, tokenizer)
    try printTokens(tokens, tokenizer)
  }

  private func encoded(_ input: [UInt8], _ tokenizer: Tokenizer) throws(FileError) -> [Int] {
    if !lossy, let offset = input.rawSpan.malformedOffset {
      throw FileError(
        "standard input", "read a text",
        reason: "it is not UTF-8 at byte \(offset); --lossy reads such bytes as U+FFFD")
    }
    return tokenizer.encode(input.rawSpan, addingSpecial: special, readingSpecial: special)
  }

  private func runChat(_ tokenizer: Tokenizer, _ input: [UInt8]) throws {
    let text = try chatText(tokenizer, input)
    if decode && !json { return try printResult { $0(text) } }
    try printTokens(tokenizer.encode(text, addingSpecial: false), tokenizer)
  }

  private func chatText(_ tokenizer: Tokenizer, _ input: [UInt8]) throws(FileError) -> String {
    do {
      let conversation = try TemplateValue(json: input.rawSpan)
      guard let variables = conversation.conversationVariables else {
        throw FileError(
          "standard input", "read a conversation",
          reason: "it is neither a list of messages nor an object with messages")
      }
      if let flaw = conversation.messageFlaw {
        throw FileError("standard input", "read a conversation", reason: flaw)
      }
      guard let text = try tokenizer.chatText(variables) else {
        throw FileError(path, "read a chat template", reason: "it has none")
      }
      return text
    } catch let failure as JSONFailure {
      throw FileError("standard input", "read a conversation", reason: "\(failure)")
    } catch let failure as TemplateFailure {
      throw FileError(path, "apply the chat template", reason: "\(failure)")
    } catch let failure as FileError {
      throw failure
    } catch {
      throw FileError(path, "apply the chat template", reason: "\(error)")
    }
  }

  private func printTokens(_ tokens: [Int], _ tokenizer: Tokenizer) throws {
    let report = TokensReport(
      path: path, tokenizer, ids: tokens, form: decode ? .text : ids ? .ids : .table,
      skippingSpecial: !special)
    try printResult(report, asJSON: json)
  }

  private func readIDs(below tokenCount: Int) throws -> [Int] {
    let ids = try StandardReader.readTokenIDs()
    if let id = ids.first(where: { $0 >= tokenCount }) {
      throw FileError(
        "standard input", "read ids",
        reason: "\(id) is beyond the vocabulary; allowed are 0 to \(tokenCount - 1)")
    }
    return ids
  }

  private func vocabulary() throws -> Vocabulary {
    var vocabulary: Vocabulary?
    switch try Input(path, isLenient: true) {
    case .bundle(let bundle):
      guard let member = bundle.members.first(where: { $0.name == member }) else {
        throw FileError(path, "read '\(member)'", reason: "the bundle has no such member")
      }
      vocabulary = try bundle.vocabulary(of: member, includingDigest: false)
    case .damagedBundle(let finding): throw finding
    case .pair:
      throw FileError(path, "read tokens", reason: "it describes a pair; name one of its members")
    case .checkpoint(let reading):
      guard let checkpoint = reading.checkpoint else {
        throw UnreadableInput(report: FindingsReport(path, reading.findings))
      }
      let (read, findings) = Vocabulary.read(checkpoint, includingDigest: false)
      if findings.hasErrors { throw UnreadableInput(report: FindingsReport(path, findings)) }
      vocabulary = read
    }
    guard let vocabulary else {
      throw FileError(path, "read tokens", reason: "it has no tokenizer")
    }
    return vocabulary
  }
}
