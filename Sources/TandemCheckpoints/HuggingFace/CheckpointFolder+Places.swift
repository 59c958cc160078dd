import TandemBytes

extension CheckpointFolder {
  /// Where the weights seem to be, of a folder that holds none itself: what to name instead of it.
  var otherPlace: String? {
    // The hub's cache: models--OWNER--NAME/snapshots/REVISION.
    if let snapshot = leftOut.first(where: { $0.name.hasPrefix("snapshots/") }) {
      return "name its snapshot, '\(path(of: snapshot.name))'"
    }
    let folders = Set(names.filter(Self.isOfModel).map { Paths.folder($0) }).sorted()
    guard let first = folders.first else { return nil }
    if folders.count == 1 { return "name its folder '\(path(of: first))'" }
    let list = folders.prefix(5).map { "'\($0)'" }.joined(separator: ", ")
    return "name one of its folders: \(list)" + (folders.count > 5 ? ", …" : "")
  }

  /// Whether a file of a subfolder is one that folders of models have.
  private static func isOfModel(_ name: String) -> Bool {
    name.contains("/")
      && (Paths.name(name) == "config.json"
        || ["safetensors", "gguf", "bin"].contains(Paths.fileExtension(name)?.lowercased()))
  }
}
