import TandemBytes
import TandemCheckpoints
import TandemModels
import Testing

/// The checkpoints under `samples/`.
enum Samples {
  static let root = Paths.join(
    Paths.folder(Paths.folder(Paths.folder(#filePath))), "samples")

  static func path(_ name: String) -> String { Paths.join(root, name) }

  static func names(in folder: String) -> [String] {
    (try? Paths.names(in: path(folder))) ?? []
  }

  static func checkpoint(_ name: String) throws -> Checkpoint {
    let reading = try CheckpointReading.read(path: path(name), isLenient: false)
    return try reading.get()
  }

  static func model(_ name: String) throws -> (model: Model, findings: Findings) {
    Model.load(try checkpoint(name))
  }
}
