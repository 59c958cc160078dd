public import TandemBytes

/// How a piece of text stands out on a terminal.
public enum TextStyle: Sendable {
  case plain, heading, faint, error, warning, note, good

  /// The parameters of the escape sequence that switches it on.
  fileprivate var parameters: String? {
    switch self {
    case .plain: nil
    case .heading: "1"
    case .faint: "2"
    case .error: "1;31"
    case .warning: "1;33"
    case .note: "1;36"
    case .good: "1;32"
    }
  }
}

/// Where a text goes: how wide it may be, and whether it may have colours.
public struct TextLayout: Sendable {
  /// The columns that a line may take; nil without a limit.
  public var width: Int?
  public var isColoured: Bool

  /// The layout of a text that is no terminal's, unless told otherwise.
  public init(width: Int? = nil, isColoured: Bool = false) {
    self.width = width
    self.isColoured = isColoured
  }

  /// The layout for one of the process's streams as it is now.
  public init(for stream: StandardStream) {
    self.init(width: stream.columnCount, isColoured: stream.allowsColour)
  }

  /// The text in a style, if there are colours.
  public func paint(_ text: String, _ style: TextStyle) -> String {
    guard isColoured, !text.isEmpty, let parameters = style.parameters else { return text }
    return "\u{1B}[\(parameters)m\(text)\u{1B}[0m"
  }

  /// Breaks a text between words into lines that fit behind an indentation.
  ///
  /// A word that is longer than a line stands on one of its own.
  func wrap(_ text: String, indent: Int) -> [String] {
    guard let width else { return [text] }
    let room = max(20, width - indent)
    var lines: [String] = []
    var line = ""
    var used = 0
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      let length = DisplayWidth.of(String(word))
      if !line.isEmpty, used + 1 + length > room {
        lines.append(line)
        (line, used) = (String(word), length)
      } else {
        let isFirst = line.isEmpty && lines.isEmpty && used == 0
        line += isFirst ? String(word) : " " + word
        used += isFirst ? length : 1 + length
      }
    }
    return lines + [line]
  }
}
