import TandemBytes
import TandemCheckpoints
import TandemJSON
import TandemModels

/// The metadata of a checkpoint's files, key by key, and the chat template.
struct MetadataTexts: Sendable {
  private let pairs: [(key: String, value: Value)]
  private let chatTemplate: String?

  private enum Value: Sendable {
    case text(String)
    case other(JSONOutput)
    /// The first elements of a list, and how many it has.
    case list(first: [JSONOutput], count: Int)
  }

  /// The longest text that is given whole, in bytes.
  private static let textLimit = 64 << 10
  /// The elements of a list that are given.
  private static let listLimit = 8

  init(_ checkpoint: Checkpoint) {
    switch checkpoint.metadata {
    case .gguf(let metadata):
      pairs = metadata.entries.map { ($0.key, Self.value($0.value, metadata)) }
    case .safetensors(let files):
      pairs = files.flatMap(\.pairs).map { ($0.key, .text($0.value)) }
    case .pytorch, .onnx, .absent: pairs = []
    }
    let vocabulary = Vocabulary.read(checkpoint, includingDigest: false).vocabulary
    chatTemplate = vocabulary?.chatTemplate
  }

  private static func value(_ value: GGUFValue, _ metadata: GGUFMetadata) -> Value {
    switch value {
    case .unsigned(let number): .other(.unsigned(number))
    case .signed(let number): .other(.integer(Int(number)))
    case .float(let number): .other(json(number))
    case .bool(let truth): .other(.bool(truth))
    case .string(let text): .text(text)
    case .array(let array): .list(first: first(of: array, metadata), count: array.count)
    }
  }

  private static func first(of array: GGUFArray, _ metadata: GGUFMetadata) -> [JSONOutput] {
    if array.elementType == .string {
      var texts: [JSONOutput] = []
      metadata.forEachString(array) { bytes in
        if texts.count < listLimit { texts.append(.string(shortened(bytes.lossyText))) }
      }
      return texts
    }
    if let numbers = metadata.signedElements(of: array) {
      return numbers.prefix(listLimit).map { .integer(Int($0)) }
    }
    if let numbers = metadata.unsignedElements(of: array) {
      return numbers.prefix(listLimit).map { .unsigned($0) }
    }
    if let numbers = metadata.doubleElements(of: array) {
      return numbers.prefix(listLimit).map(json)
    }
    return (metadata.boolElements(of: array) ?? []).prefix(listLimit).map { .bool($0) }
  }

  /// A number, as text where JSON does not have it.
  private static func json(_ number: Double) -> JSONOutput {
    number.isFinite ? .number(number) : .string("\(number)")
  }

  private static func shortened(_ text: String, to limit: Int = textLimit) -> String {
    text.utf8.count <= limit ? text : String(decoding: text.utf8.prefix(limit), as: UTF8.self) + "…"
  }
}

extension MetadataTexts {
  /// Writes keys and values for a person: long texts and lists are shortened.
  func write(to text: inout ReportText) {
    var table = TextTable([.name("key"), .long("value")])
    for (key, value) in pairs { table.add([key.printable, Self.brief(value)]) }
    if !pairs.isEmpty {
      text.heading("Metadata")
      text.table(table)
    }
    guard let chatTemplate else { return }
    let lines = chatTemplate.split(separator: "\n", omittingEmptySubsequences: false)
    text.heading("Chat template, \(Numbers.counted(lines.count, "line"))")
    text.lines(lines.map { Self.shortened(String($0), to: 400) }, limit: Self.lineLimit)
  }

  /// The lines of a chat template that a person is shown.
  private static let lineLimit = 12

  private static func brief(_ value: Value) -> String {
    switch value {
    case .text(let text): return shortened(text, to: 200).printable
    case .other(let value): return value.text(pretty: false).printable
    case .list(let first, let count):
      let elements = first.map { $0.text(pretty: false) }.joined(separator: ", ").printable
      return "\(Numbers.grouped(count)): \(elements)" + (count > first.count ? ", …" : "")
    }
  }

  /// Writes keys and values into an open object; texts up to 64 KiB are whole, of lists the first
  /// elements and their number.
  func write(to stream: inout JSONStream) {
    stream.beginArray(key: "metadata")
    for (key, value) in pairs {
      let json: [(String, JSONOutput)] =
        switch value {
        case .text(let text): [("value", .string(Self.shortened(text)))]
        case .other(let value): [("value", value)]
        case .list(let first, let count): [("value", .array(first)), ("count", .integer(count))]
        }
      stream.write(.object([("key", .string(key))] + json), onOneLine: true)
    }
    stream.end()
    stream.write(chatTemplate.map { .string($0) } ?? .null, key: "chat_template")
  }
}
