internal import TandemBytes

/// The files beside a model that hold tensors' data, opened once each.
struct ONNXExternalFiles {
  /// Why a file cannot be used.
  struct Failure: Error {
    let rule: ONNXRule
    let message: String
  }

  /// In the order of their first mention; the model's own file, which has index 0, is not among
  /// them.
  private(set) var files: [TensorFile] = []
  private let folder: String
  private let model: MappedFile
  private var indices: [ExactText: Int] = [:]

  /// - Parameter model: The model, whose folder the locations are relative to.
  init(model: MappedFile) {
    self.model = model
    folder = Paths.folder(model.path)
  }

  /// The bytes of a file; its index counts the model's own.
  func byteCount(ofFile index: Int) -> Int { files[index - 1].file.byteCount }

  /// The index of a file, which is opened at its first mention; `./` before it means nothing.
  mutating func index(of stated: String) throws(Failure) -> Int {
    let location = Self.withoutDots(stated)
    if let index = indices[ExactText(location)] { return index }
    if let flaw = RelativePath.flaw(of: location) {
      throw Failure(
        rule: .unsafePath,
        message: "the location '\(stated.shortened)' cannot be followed: \(flaw)")
    }
    guard let file = try open(location) else {
      throw Failure(
        rule: .unsafePath, message: "symbolic links lead from '\(location)' out of the folder")
    }
    guard file.identity != model.identity else {
      throw Failure(
        rule: .unsafePath, message: "the location '\(location)' is that of the model itself")
    }
    files.append(TensorFile(name: location, file: file, headerByteCount: 0))
    indices[ExactText(location)] = files.count
    return files.count
  }

  private static func withoutDots(_ location: String) -> String {
    var rest = location[...]
    while rest.hasPrefix("./") { rest = rest.dropFirst(2) }
    return String(rest)
  }

  /// Maps a file; nil if links lead out of the folder.
  private func open(_ location: String) throws(Failure) -> MappedFile? {
    let path = Paths.join(folder, location)
    do throws(FileError) {
      // Before it is opened: a link may lead to what must not even be touched.
      guard try FolderBounds(folder).hold(path) else { return nil }
      return try MappedFile(path: path)
    } catch {
      throw Failure(rule: .missingFile, message: "\(error)")
    }
  }
}
