public import TandemBytes
public import TandemCheckpoints
import TandemTensors

/// The members of a pair, read as far as they can be.
public struct Pair: Sendable {
  public private(set) var description: PairDescription
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
    if let member = description.primary, let reading = read(member, "primary", isLenient) {
      primary = load(reading)
    }
    if let member = description.secondary, let reading = read(member, "secondary", isLenient),
      isOwnKind(reading, "secondary")
    {
      secondary = load(reading)
    }
    if let member = description.projection?.member,
      let reading = read(member, "projection", isLenient), isOwnKind(reading, "projection")
    {
      projection = reading.examinable
      if description.file == nil { nameProjections() }
    }
    if let member = description.router?.member {
      router = read(member, "router", isLenient)?.examinable
    }
    if let member = description.tokenizer { readTokenizer(member, isLenient) }
  }

  /// Takes the projections' names from their file, where only paths describe the pair.
  private mutating func nameProjections() {
    guard let projection else { return }
    description.projection = description.projection?.named(by: projection)
    let names = description.projection?.weight.map { ": the weights are '\($0)'" }
    findings.add(
      description.finding(
        .undescribedReading, nil,
        "which states of the primary the secondary reads is not said, so that only shapes and types "
          + "of the projections are checked\(names ?? "")",
        remedy: "describe the pair in a PAIR.json (schemas/pair.md)"))
    if names == nil {
      findings.add(
        Finding(
          PairRule.missingProjection, in: projection.path,
          "no matrix has a number in its name; one for each layer of the secondary is needed"))
    }
  }

  private mutating func read(
    _ member: PairDescription.Member, _ role: String, _ isLenient: Bool
  ) -> CheckpointReading? {
    let path = description.path(of: member)
    do throws(FileError) {
      // Members are compared with each other, for which their tensors must be in place.
      let reading = try CheckpointReading.read(path: path, isLenient: isLenient).materialised()
      if reading.checkpoint == nil, let kind = DrafterKind.name(ofFolder: path) {
        addForeignDrafter(kind, path, role)
        return nil
      }
      findings.add(contentsOf: reading.findings)
      return reading
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
  private mutating func isOwnKind(_ reading: CheckpointReading, _ role: String) -> Bool {
    guard let checkpoint = reading.examinable, let kind = DrafterKind.name(of: checkpoint) else {
      return true
    }
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

  private mutating func load(_ reading: CheckpointReading) -> Model? {
    guard let checkpoint = reading.examinable else { return nil }
    let (model, findings) = Model.load(checkpoint)
    self.findings.add(contentsOf: reading.withoutRepetitions(findings))
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
          tokenizer = load(reading)?.vocabulary
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
