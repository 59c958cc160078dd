public import TandemBundles
public import TandemBytes

extension BundlePlan {
  /// Refuses to write the bundle over one of its sources.
  ///
  /// - Throws: ``FileError`` if the path leads to a file that the plan takes bytes from.
  public func refuseAsOutput(_ path: String) throws(FileError) {
    guard let identity = try? FileStatus(path: path).identity else { return }
    var sources = Set(payloads.map(\.file.identity))
    for section in sections {
      if case .file(let file, _) = section.content { sources.insert(file.identity) }
    }
    if sources.contains(identity) {
      throw FileError(path, "write", reason: "the bundle is made from it; choose another name")
    }
  }
}
