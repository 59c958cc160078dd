public import TandemBundles
public import TandemBytes
public import TandemCheckpoints

/// What a path leads to, told by its content and not by its name.
public enum Input: Sendable {
  /// A checkpoint, or what is no readable one: then the findings say why.
  case checkpoint(CheckpointReading)
  case bundle(TandemBundle)
  /// A bundle that cannot be opened, and why.
  case damagedBundle(Finding)
  /// The description of a pair.
  case pair

  /// Looks at a path, and reads headers.
  ///
  /// - Throws: ``FileError`` if there is no such file or folder, or it cannot be opened.
  public init(_ path: String, isLenient: Bool) throws(FileError) {
    if try Self.status(path).kind != .folder {
      let file = try MappedFile(path: path)
      if TandemBundle.recognises(file.bytes) {
        do throws(Finding) {
          self = .bundle(try TandemBundle(file))
        } catch {
          self = .damagedBundle(error)
        }
        return
      }
      if Self.isPair(file) {
        self = .pair
        return
      }
    }
    self = .checkpoint(try CheckpointReading.read(path: path, isLenient: isLenient))
  }

  /// The status of what a path leads to.
  ///
  /// - Throws: ``FileError`` as ``FileStatus``; a path like that of a model on a hub, `owner/name`,
  ///   is told that nothing is downloaded.
  private static func status(_ path: String) throws(FileError) -> FileStatus {
    do throws(FileError) {
      return try FileStatus(path: path)
    } catch {
      let parts = path.split(separator: "/", omittingEmptySubsequences: false)
      let isHubName =
        parts.count == 2 && parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") }
        && (try? FileStatus(path: String(parts[0]))) == nil
      guard isHubName else { throw error }
      throw FileError(
        path, error.operation,
        reason: error.reason + "; nothing is downloaded: give the path of a local copy")
    }
  }

  /// Whether a file is the description of a pair: JSON text with a key that others do not have, or,
  /// where the text is too damaged to tell, by its name.
  private static func isPair(_ file: MappedFile) -> Bool {
    let start = file.bytes.extracting(first: 64).lossyText
    if start.drop(while: { $0.isWhitespace || $0 == "\u{FEFF}" }).hasPrefix("{") {
      let text = file.bytes.extracting(first: 1 << 16).lossyText
      if ["\"kind\"", "\"primary\"", "\"secondary\""].contains(where: { text.contains($0) }) {
        return true
      }
    }
    return Paths.name(file.path) == "PAIR.json"
  }
}
