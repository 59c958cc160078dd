/// Writes a JSON text piece by piece, so that a long list is never a tree or a text as a whole.
///
///     var stream = JSONStream(pretty: true) { output += $0 }
///     stream.beginObject()
///     stream.beginArray(key: "tensors")
///     for tensor in tensors { stream.write(tensor.json) }
///     stream.end()
///     stream.end()
///
/// The text is the one that ``JSONOutput/text(pretty:)`` gives for the whole value.
public struct JSONStream {
  private let pretty: Bool
  private let output: (String) -> Void
  private var open: [Container] = []

  private struct Container {
    var isObject: Bool
    var isEmpty = true
  }

  /// Begins a text.
  ///
  /// - Parameters:
  ///   - pretty: As in ``JSONOutput/text(pretty:)``.
  ///   - output: Takes the text in pieces of one element or bracket.
  public init(pretty: Bool, to output: @escaping (String) -> Void) {
    self.pretty = pretty
    self.output = output
  }

  /// Opens an object.
  ///
  /// - Parameter key: Its key if it stands in an object, else nil.
  public mutating func beginObject(key: String? = nil) {
    output(lead(key) + "{")
    open.append(Container(isObject: true))
  }

  /// Opens an array.
  ///
  /// - Parameter key: Its key if it stands in an object, else nil.
  public mutating func beginArray(key: String? = nil) {
    output(lead(key) + "[")
    open.append(Container(isObject: false))
  }

  /// Writes a whole value.
  ///
  /// - Parameters:
  ///   - key: Its key if it stands in an object, else nil. No key may occur twice in one
  ///     object; that is not checked.
  ///   - onOneLine: Whether the value stands on one line of a pretty text.
  public mutating func write(_ value: JSONOutput, key: String? = nil, onOneLine: Bool = false) {
    var text = value.text(pretty: pretty && !onOneLine)
    // A line feed in the text is layout: within a string it is written as an escape.
    if pretty && !onOneLine { text.replace("\n", with: newLine) }
    output(lead(key) + text)
  }

  /// Closes the object or array that was opened last.
  public mutating func end() {
    guard let last = open.popLast() else { preconditionFailure("JSONStream: nothing is open") }
    output((last.isEmpty ? "" : newLine) + (last.isObject ? "}" : "]"))
  }

  /// What stands before a value: comma, line feed, indentation, key and colon.
  private mutating func lead(_ key: String?) -> String {
    precondition(
      (open.last?.isObject ?? false) == (key != nil),
      "JSONStream: a member needs a key, an element has none")
    guard let last = open.indices.last else { return "" }
    defer { open[last].isEmpty = false }
    let separator = (open[last].isEmpty ? "" : ",") + newLine
    guard let key else { return separator }
    return separator + JSONOutput.string(key).text(pretty: false) + (pretty ? ": " : ":")
  }

  /// The line feed and indentation of an element of the innermost container.
  private var newLine: String {
    pretty ? "\n" + String(repeating: " ", count: 2 * open.count) : ""
  }
}
