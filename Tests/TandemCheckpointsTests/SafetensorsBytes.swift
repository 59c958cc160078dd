import TandemBytes
import TandemCheckpoints
import TandemTestSupport

/// A small safetensors file in parts, from which tests make bad ones by one change.
struct SafetensorsBytes {
  var header: String
  var data: [UInt8]
  /// The header length that the file states, if it is not that of the header.
  var statedByteCount: UInt64?
  /// What stands behind the header's object, so that the data begin at a multiple of 8.
  var padding = " "

  /// Two tensors: `a` of shape [2, 2] at bytes 0..<16 of the data and `b` of shape [2] at 16..<24.
  static let good = SafetensorsBytes(
    header: #"{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"#
      + #""b":{"dtype":"F32","shape":[2],"data_offsets":[16,24]}}"#,
    data: (0..<24).map { UInt8($0) })

  init(header: String, data: [UInt8] = []) {
    self.header = header
    self.data = data
  }

  /// The good file with one place of its header changed.
  func replacing(_ old: String, with new: String) -> SafetensorsBytes {
    var result = self
    if let range = header.firstRange(of: old) { result.header.replaceSubrange(range, with: new) }
    return result
  }

  var bytes: [UInt8] {
    var text = Array(header.utf8)
    while text.count % 8 != 0 { text += Array(padding.utf8) }
    var bytes: [UInt8] = []
    bytes.append(littleEndian: statedByteCount ?? UInt64(text.count))
    return bytes + text + data
  }
}

extension TemporaryFolder {
  /// Writes a file into the folder and reads it.
  func reading(
    _ bytes: [UInt8], named name: String = "x.safetensors", isLenient: Bool = false
  ) throws -> CheckpointReading {
    try SafetensorsReader.read(path: write(bytes, to: name), isLenient: isLenient)
  }
}

extension CheckpointReading {
  /// The findings as text, with paths from within a folder, which is `.` itself.
  func messages(in folder: TemporaryFolder) -> [String] {
    findings.all.map {
      $0.description.replacing(folder.path + "/", with: "").replacing(folder.path, with: ".")
    }
  }
}
