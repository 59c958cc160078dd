import ArgumentParser

struct PackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "pack")
}
