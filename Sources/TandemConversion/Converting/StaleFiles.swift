import TandemBytes
import TandemJSON

/// What an earlier model has left where a conversion writes shards or a folder, under names that it
/// does not write again: readers would take those files for its own, or it for part of theirs.
///
/// At every moment the folder holds the old model, the new one, or a set of shards that its index
/// tells to be incomplete: shards go before the index that names them, and the new index comes last.
struct StaleFiles {
  /// The earlier index; nil if there is none.
  private let index: String?
  /// Files with tensors of the earlier model.
  private let weights: [String]
  /// Whether the earlier index names files that are to be written.
  private let isMixed: Bool
  private let keepsIndex: Bool

  /// Looks for them.
  ///
  /// - Complexity: O(*n*) in the bytes of the earlier index.
  init(besides plan: ConversionPlan) {
    let stem = ShardPlan.stem(plan.output, plan.options.format)
    let indexPath = stem + ".safetensors.index.json"
    keepsIndex = plan.index != nil
    guard [.huggingFace, .safetensors].contains(plan.options.format),
      (try? FileStatus(path: Paths.folder(indexPath)))?.kind == .folder
    else {
      (index, weights, isMixed) = (nil, [], false)
      return
    }
    let folder = Paths.folder(indexPath)
    let written = Set(plan.files.map(\.name))
    let named = Self.files(namedBy: indexPath)
    let single = stem + ".safetensors"
    var others = (named ?? []).subtracting(written).sorted().map { Paths.join(folder, $0) }
    // Beside an index the file of a whole model is not read, and belongs to nobody.
    if keepsIndex, !written.contains(Paths.name(single)) { others.append(single) }
    index = named == nil ? nil : indexPath
    weights = others.filter { (try? FileStatus(path: $0))?.kind == .regular }
    isMixed = !(named ?? []).isDisjoint(with: written)
  }

  /// The files that an index names, if they are names in its folder; nil if there is no index.
  private static func files(namedBy path: String) -> Set<String>? {
    guard let file = try? MappedFile(path: path) else { return nil }
    guard let root = try? JSONDocument(parsing: file.bytes).root, let map = root["weight_map"]
    else {
      return []
    }
    var names: Set<String> = []
    for (_, value) in map.members {
      guard let name = value.string, Paths.isSafeName(name) else { continue }
      if name.hasSuffix(".safetensors") { names.insert(name) }
    }
    return names
  }

  /// Everything that is to go.
  var paths: [String] { weights + (keepsIndex ? [] : [index].compactMap(\.self)) }

  /// Refuses to write beside them.
  ///
  /// - Throws: ``FileError`` if there are any and nothing may be replaced.
  func check(replacing: Bool) throws(FileError) {
    guard !replacing, let first = paths.first else { return }
    throw FileError(
      first, "write beside it", reason: "it belongs to another model; --force removes that")
  }

  /// Removes the index if files that it names are about to be replaced one after the other.
  func removeBefore() throws(FileError) {
    if isMixed, let index { try Paths.remove(index) }
  }

  /// Removes the rest, once all files with tensors are written and before a new index is.
  func removeAfter() throws(FileError) {
    for path in paths { try Paths.remove(path) }
  }
}
