public import TandemBytes
public import TandemCheckpoints
import TandemTensors

/// The members of a pair, read as far as they can be.
public struct Pair: Sendable {
  public let description: PairDescription
  public private(set) var primary: Model?
  public private(set) var secondary: Model?
  public private(set) var projection: Checkpoint?
  public private(set) var router: Checkpoint?
  /// The tokenizer that the description names for both.
  public private(set) var tokenizer: Vocabulary?
  /// Where that tokenizer comes from: documents, or the metadata of a GGUF file; no tensors.
  public private(set) var tokenizerSource: Checkpoint?
  /// What reading the members has found; those of PAIR.json are not among them.
  public private(set) var findings = Findings()

  /// Reads the members that a description names: headers, configurations and tokenizers, no tensor
  /// data.
  ///
  /// - Parameter isLenient: As for ``CheckpointReading/read(path:isLenient:)``.
  public init(_ description: PairDescription, isLenient: Bool = false) {
    self.description = description
    if let member = description.primary, let checkpoint = read(member, "primary", isLenient) {
      primary = load(checkpoint)
    }
    if let member = description.secondary, let checkpoint = read(member, "secondary", isLenient),
      isOwnKind(checkpoint, "secondary")
    {
      secondary = load(checkpoint)
    }
    if let member = description.projection?.member,
      let checkpoint = read(member, "projection", isLenient), isOwnKind(checkpoint, "projection")
    {
      projection = checkpoint
    }
    if let member = description.router?.member {
      router = read(member, "router", isLenient)
    }
    if let member = description.tokenizer { readTokenizer(member, isLenient) }
  }

  private mutating func read(
    _ member: PairDescription.Member, _ role: String, _ isLenient: Bool
  ) -> Checkpoint? {
    let path = description.path(of: member)
    do throws(FileError) {
      // Members are compared with each other, for which their tensors must be in place.
      let reading = try CheckpointReading.read(path: path, isLenient: isLenient).materialised()
      if reading.checkpoint == nil, let kind = DrafterKind.name(ofFolder: path) {
        addForeignDrafter(kind, path, role)
      } else {
        findings.add(contentsOf: reading.findings)
      }
      return reading.checkpoint
    } catch {
      addUnreadable(role, error)
      return nil
    }
  }

  private mutating func addUnreadable(_ role: String, _ error: FileError) {
    let key = "\(role).path"
    findings.add(
      description.finding(
        .unreadableMember, description.offsets[key] != nil ? key : role,
        "the \(role) cannot be read: \(error.path): \(error.reason)",
        remedy: description.file == nil ? nil : "paths are relative to the folder of PAIR.json"))
  }

  /// Whether a member is no drafter of another kind.
  private mutating func isOwnKind(_ checkpoint: Checkpoint, _ role: String) -> Bool {
    guard let kind = DrafterKind.name(of: checkpoint) else { return true }
    addForeignDrafter(kind, checkpoint.path, role)
    return false
  }

  private mutating func addForeignDrafter(_ kind: String, _ path: String, _ role: String) {
    findings.add(
      Finding(
        PairRule.foreignDrafter, in: path,
        "the \(role) is a drafter of the kind \(kind), which is not supported; "
          + (role == "projection"
            ? "a linear layer for each layer of the secondary" : "a whole model")
          + " is needed"))
  }

  private mutating func load(_ checkpoint: Checkpoint) -> Model {
    let (model, findings) = Model.load(checkpoint)
    self.findings.add(contentsOf: findings)
    return model
  }

  /// Reads the tokenizer of both: a folder's, that of a GGUF file, or a tokenizer.json with the
  /// files beside it.
  private mutating func readTokenizer(_ member: PairDescription.Member, _ isLenient: Bool) {
    let path = description.path(of: member)
    do throws(FileError) {
      let isFolder = try FileStatus(path: path).kind == .folder
      guard isFolder || Paths.fileExtension(path) == "json" else {
        let reading = try CheckpointReading.read(path: path, isLenient: isLenient)
        findings.add(contentsOf: reading.findings)
        if let checkpoint = reading.checkpoint {
          tokenizer = load(checkpoint).vocabulary
          tokenizerSource = Checkpoint(
            format: checkpoint.format, path: path, files: [], tensors: [],
            metadata: checkpoint.metadata, documents: checkpoint.documents)
        }
        return
      }
      let folder = isFolder ? path : Paths.folder(path)
      let checkpoint = Checkpoint(
        format: .huggingFace, path: path, files: [], tensors: [], metadata: .safetensors([]),
        documents: try Self.tokenizerDocuments(in: folder))
      let reading = HuggingFaceVocabulary(checkpoint)
      tokenizer = reading.vocabulary
      tokenizerSource = checkpoint
      findings.add(contentsOf: reading.findings)
    } catch {
      addUnreadable("tokenizer", error)
    }
  }

  private static func tokenizerDocuments(in folder: String) throws(FileError) -> [Document] {
    let wanted = [
      "chat_template.jinja", "chat_template.json", "generation_config.json",
      "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json",
    ]
    var documents: [Document] = []
    for name in try Paths.names(in: folder) where wanted.contains(name) {
      documents.append(Document(name: name, file: try MappedFile(path: Paths.join(folder, name))))
    }
    return documents
  }
}
