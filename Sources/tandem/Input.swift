import TandemBundles
import TandemBytes
import TandemCheckpoints
import TandemReports

/// What a path leads to, told by its content.
enum Input {
  case checkpoint(Checkpoint)
  case bundle(TandemBundle)

  /// - Throws: ``FileError``, ``Finding`` for a damaged bundle, ``UnreadableInput`` for a checkpoint with errors.
  init(_ path: String, isLenient: Bool) throws {
    if try FileStatus(path: path).kind != .folder {
      let file = try MappedFile(path: path)
      if TandemBundle.recognises(file.bytes) {
        self = .bundle(try TandemBundle(file))
        return
      }
    }
    let reading = try CheckpointReading.read(path: path, isLenient: isLenient)
    guard let checkpoint = reading.checkpoint else {
      throw UnreadableInput(path: path, report: FindingsReport(path, reading.findings))
    }
    self = .checkpoint(checkpoint)
  }
}

/// A checkpoint has errors, and the command needs one without.
struct UnreadableInput: Error {
  let path: String
  let report: FindingsReport
}
