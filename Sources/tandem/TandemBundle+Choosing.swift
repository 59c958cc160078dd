import TandemBundles
import TandemBytes

extension TandemBundle {
  /// The member with a name, or the only one with tensors.
  ///
  /// - Parameter work: What is done with it, as an infinitive.
  /// - Throws: ``FileError`` if there is no such member, or several and no name.
  func member(_ name: String?, to work: String) throws(FileError) -> BundleMember {
    let candidates = members.filter { !$0.tensors.isEmpty }
    let names = candidates.map { "'\($0.name)'" }.joined(separator: ", ")
    if let name {
      guard let found = candidates.first(where: { $0.name == name }) else {
        throw FileError(
          file.path, "\(work) '\(name)'", reason: "of its members only \(names) have tensors")
      }
      return found
    }
    guard let only = candidates.first, candidates.count == 1 else {
      throw FileError(
        file.path, work, reason: "it has several members; --member chooses one of \(names)")
    }
    return only
  }
}
