import ArgumentParser
import TandemBytes
import TandemModels

/// Looks whether the words that stand first name commands, which the parser takes for arguments
/// otherwise.
enum CommandNames {
  /// The sentence on the first word that should name a command and does not; nil if there is none.
  static func complaint(about arguments: [String]) -> String? {
    var words = arguments[...]
    var (command, path): (any ParsableCommand.Type, [String]) = (Tandem.self, [])
    if words.first == "help" { words.removeFirst() }
    while let word = words.popFirst(), !word.hasPrefix("-") {
      let names = command.configuration.subcommands.map(name)
      if names.isEmpty { return nil }
      guard let index = names.firstIndex(of: word) else {
        return complaint(about: word, path, names)
      }
      command = command.configuration.subcommands[index]
      path.append(word)
    }
    return nil
  }

  private static func complaint(about word: String, _ path: [String], _ names: [String]) -> String {
    var suggestion = Suggestion(names)
    let nearest = suggestion.nearest(to: word, limit: 2).map { " Did you mean '\($0)'?" } ?? ""
    let full = (path + [word]).joined(separator: " ")
    return "there is no command '\(full.printable)'.\(nearest) Commands: "
      + names.joined(separator: ", ")
  }

  private static func name(of command: any ParsableCommand.Type) -> String {
    command.configuration.commandName ?? ""
  }
}
