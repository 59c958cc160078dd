import ArgumentParser

@main
struct Tandem: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tandem",
    abstract: "Inspects, validates, packs and verifies model checkpoints and model pairs.")
}
