import TandemBytes

/// Where the files of a folder may really lie, wherever symbolic links lead.
struct FolderBounds {
  /// The folder itself, and the blobs of the hub cache that it is a snapshot in.
  private let roots: [String]

  /// - Throws: ``FileError`` if there is no such folder.
  init(_ folder: String) throws(FileError) {
    let root = try Paths.resolved(folder)
    roots = [root] + Self.blobs(ofSnapshot: root)
  }

  /// Tells whether a file really lies in the folder.
  func hold(_ path: String) throws(FileError) -> Bool {
    let target = try Paths.resolved(path)
    return roots.contains { target.hasPrefix($0 == "/" ? "/" : $0 + "/") }
  }

  /// In a cache of the hub, `models--…/snapshots/REVISION` holds links to files in
  /// `models--…/blobs`.
  private static func blobs(ofSnapshot root: String) -> [String] {
    let parent = Paths.folder(root)
    guard Paths.name(parent) == "snapshots" else { return [] }
    return [Paths.join(Paths.folder(parent), "blobs")]
  }
}
