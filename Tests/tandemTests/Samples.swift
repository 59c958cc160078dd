import Foundation
import TandemBytes
import Testing

/// The samples, by paths from their folder.
enum Samples {
  /// `samples/` of this package.
  static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("samples").path

  /// Every good checkpoint; of a split one its first file.
  static let checkpoints: [String] =
    names("good/safetensors").filter { $0.hasSuffix(".safetensors") }
    + names("good/gguf").filter { !$0.contains("-00002-of-") }
    + names("good/pytorch") + names("good/huggingface").filter { isFolder($0) }
    + names("good/npy") + names("good/npz")
    + names("good/onnx").map { isFolder($0) ? "\($0)/model.onnx" : $0 }

  /// The descriptions of every good pair.
  static let pairs = names("good/pairs").map { "\($0)/PAIR.json" }

  /// Every hostile checkpoint, with the code of its finding.
  static let hostile: [(path: String, code: String)] =
    [
      "files", "gguf", "huggingface", "npy", "npz", "onnx", "pytorch", "safetensors", "shards",
    ].flatMap { format in
      names("hostile/\(format)").map { path in
        let first =
          ["gguf", "onnx"].contains(format) && isFolder(path)
          ? names(path).first { $0.hasSuffix(".\(format)") } : nil
        return (first ?? path, String(Paths.name(path).prefix(5)))
      }
    }

  /// The files of a checkpoint, by their paths within its folder.
  static func files(of checkpoint: String) -> [String] {
    let path = "\(folder)/\(checkpoint)"
    guard isFolder(checkpoint) else {
      let name = Paths.name(path)
      let second = name.replacingOccurrences(of: "-00001-of-", with: "-00002-of-")
      return second == name ? [name] : [name, second]
    }
    return (FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? [])
      .filter { !isFolder("\(checkpoint)/\($0)") }.sorted()
  }

  static func isFolder(_ path: String) -> Bool {
    (try? FileStatus(path: "\(folder)/\(path)"))?.kind == .folder
  }

  private static func names(_ path: String) -> [String] {
    ((try? Paths.names(in: "\(folder)/\(path)")) ?? []).map { "\(path)/\($0)" }
  }
}

/// Calls a function for each element, several at a time.
func forEachConcurrently<Element: Sendable>(
  _ elements: [Element], _ body: @Sendable (Element) throws -> Void
) {
  DispatchQueue.concurrentPerform(iterations: elements.count) { index in
    do { try body(elements[index]) } catch { Issue.record(error, "\(elements[index])") }
  }
}
