import TandemBytes
import TandemCheckpoints
import TandemJSON

/// How an encoder makes one vector of all tokens': in a folder of sentence-transformers a module of
/// its own, in GGUF a key.
enum Pooling: Int, CaseIterable {
  /// Each token keeps its vector.
  case none = 0
  case mean, begin, end

  /// The flag in the module's configuration.
  private var flag: String? {
    switch self {
    case .none: nil
    case .mean: "pooling_mode_mean_tokens"
    case .begin: "pooling_mode_cls_token"
    case .end: "pooling_mode_lasttoken"
    }
  }

  /// Reads it from a folder or from GGUF metadata; nil if the source says nothing that is known.
  init?(of checkpoint: Checkpoint) {
    if case .gguf(let metadata) = checkpoint.metadata {
      let architecture = metadata.string("general.architecture") ?? ""
      guard let number = metadata.int("\(architecture).\(Self.key)") else { return nil }
      self.init(rawValue: number)
      return
    }
    guard let document = checkpoint.documents.first(where: { $0.name == Self.path }) else {
      return nil
    }
    var json = JSONReader(document.file.bytes)
    guard let members = try? ConfigValue(&json).members else { return nil }
    let set = Self.allCases.filter { pooling in
      pooling.flag.map { members[$0]?.value == .bool(true) } ?? false
    }
    guard let only = set.first, set.count == 1 else { return nil }
    self = only
  }

  /// The key in GGUF behind the architecture's prefix.
  static let key = "pooling_type"
  static let path = "1_Pooling/config.json"

  /// The documents by which sentence-transformers pools.
  func documents(width: Int) -> [(name: String, text: String)] {
    if self == .none { return [] }
    let flags = Self.allCases.compactMap { pooling in
      pooling.flag.map { ($0, JSONOutput.bool(pooling == self)) }
    }
    let modules = [("0", "", "Transformer"), ("1", "1_Pooling", "Pooling")]
      .map { name, path, type in
        JSONOutput.object([
          ("idx", .integer(Int(name) ?? 0)), ("name", .string(name)), ("path", .string(path)),
          ("type", .string("sentence_transformers.models.\(type)")),
        ])
      }
    return [
      (
        Self.path,
        JSONOutput.object([("word_embedding_dimension", .integer(width))] + flags)
          .text(pretty: true) + "\n"
      ),
      ("modules.json", JSONOutput.array(modules).text(pretty: true) + "\n"),
    ]
  }
}
