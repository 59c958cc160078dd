import TandemBytes
import Testing

/// A file or folder under `samples`, which a script of another language writes.
struct CheckpointSample: CustomTestStringConvertible {
  let name: String
  let path: String

  var testDescription: String { name }

  /// The code that a hostile sample's name begins with.
  var code: String { String(name.prefix(5)) }

  static func all(in folder: String) -> [CheckpointSample] {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let folder = "/\(root)/samples/\(folder)"
    return ((try? Paths.names(in: folder)) ?? [])
      .map { CheckpointSample(name: $0, path: "\(folder)/\($0)") }
  }
}

extension Findings {
  /// The codes of the findings that are as severe as the worst one.
  var worstCodes: Set<String> {
    Set(all.filter { $0.severity == worstSeverity }.map(\.code))
  }
}
