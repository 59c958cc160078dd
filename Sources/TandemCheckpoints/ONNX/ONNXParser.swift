internal import TandemBytes
internal import TandemTensors

/// Walks over the messages of an ONNX model and collects its tensors; their fields stand at the top
/// of `ONNXReader.swift`.
///
/// A length holds every message together, so that the others are read on when one is damaged.
struct ONNXParser: ~Escapable {
  /// How deep messages may nest, which is the limit of Protocol Buffers' own libraries.
  static let depthLimit = 100

  let bytes: RawSpan
  let path: String
  var findings = Findings()
  var metadata = ONNXMetadata()
  var external: ONNXExternalFiles
  /// One for each tensor, in the same order.
  var nameSources: [ONNXNameSource] = []
  /// The bytes that the ways to inner graphs have added to names.
  var pathByteCount = 0
  /// In the order of their messages, and once all are read of their bytes.
  var tensors: [TensorDescriptor] = []
  /// The forms of tensors that are not in place: few, each shared by many.
  var forms: [StoredForm.Coding: StoredForm] = [.fixedWidth: .inPlace]

  @_lifetime(copy bytes)
  init(_ bytes: RawSpan, of file: MappedFile) {
    self.bytes = bytes
    path = file.path
    external = ONNXExternalFiles(model: file)
  }

  /// Brings the tensors in the order of the files and, in each, of the place of their bytes.
  private mutating func sortTensors() {
    nameSources = []
    tensors.sort {
      ($0.fileIndex, $0.byteRange.lowerBound, $0.byteRange.upperBound)
        < ($1.fileIndex, $1.byteRange.lowerBound, $1.byteRange.upperBound)
    }
  }

  /// Reads the whole model.
  mutating func model() {
    var graph: Range<Int>?
    contain { parser throws(Finding) in
      var reader = WireReader(parser.bytes, 0..<parser.bytes.byteCount)
      var seen: Set<Int> = []
      while let field = try parser.next(&reader, of: "the model") {
        try parser.checkOnce(field, [1, 2, 3, 4, 5, 7], &seen, of: "the model")
        if field.number == 7 {
          graph = try parser.message(field, "the graph")
        } else {
          try parser.modelField(field)
        }
      }
    }
    if let graph { contain { parser throws(Finding) in try parser.mainGraph(graph) } }
    resolveNames()
    sortTensors()
    checkExternalOverlaps()
    if graph == nil && !findings.hasErrors {
      report(
        .notModel, at: 0, "the model has no graph",
        remedy: "a SavedModel or a Core ML model begins alike: export that as ONNX")
    }
    if graph != nil { checkVersions() }
  }

  private mutating func mainGraph(_ range: Range<Int>) throws(Finding) {
    metadata.nodeCount = try self.graph(range, prefix: "", depth: 2)
  }

  private mutating func modelField(_ field: WireField) throws(Finding) {
    switch field.number {
    case 1: metadata.irVersion = try integer(field, "ir_version")
    case 2: metadata.producerName = try shortText(field, "producer_name")
    case 3: metadata.producerVersion = try shortText(field, "producer_version")
    case 4: metadata.domain = try shortText(field, "domain")
    case 5: metadata.modelVersion = try integer(field, "model_version")
    case 8: try operatorSet(try message(field, "opset_import"))
    case 14:
      let property = try property(try message(field, "metadata_props"))
      if metadata.properties.count < ONNXMetadata.countLimit {
        metadata.properties.append(property)
      }
    case 20:
      let range = try message(field, "training_info")
      contain { parser throws(Finding) in try parser.training(range) }
    case 25:
      let range = try message(field, "functions")
      metadata.functionCount += 1
      contain { parser throws(Finding) in try parser.function(range) }
    default: break
    }
  }

  private mutating func operatorSet(_ range: Range<Int>) throws(Finding) {
    var reader = WireReader(bytes, range)
    var (domain, version) = ("", 0)
    while let field = try next(&reader, of: "an opset_import") {
      switch field.number {
      case 1: domain = try shortText(field, "domain")
      case 2: version = try integer(field, "version")
      default: break
      }
    }
    if metadata.operatorSets.count < ONNXMetadata.countLimit {
      metadata.operatorSets.append(.init(domain: domain, version: version))
    }
  }

  private mutating func property(_ range: Range<Int>) throws(Finding) -> ONNXMetadata.Property {
    var reader = WireReader(bytes, range)
    var (key, value) = ("", "")
    while let field = try next(&reader, of: "a StringStringEntryProto") {
      switch field.number {
      case 1: key = try shortText(field, "key")
      case 2: value = try shortText(field, "value")
      default: break
      }
    }
    return ONNXMetadata.Property(key: key, value: value)
  }

  private mutating func checkVersions() {
    if metadata.irVersion == nil {
      report(.versions, at: 0, "the model does not say its ir_version")
    } else if let version = metadata.irVersion, version >= 3, metadata.operatorSets.isEmpty {
      report(
        .versions, at: 0,
        "the model has no opset_import, which models from ir_version 3 on have")
    }
  }
}

extension ONNXParser {
  /// Runs a part of the reading; what stops it becomes a finding, and the rest is read on.
  mutating func contain(_ body: (inout ONNXParser) throws(Finding) -> Void) {
    do throws(Finding) { try body(&self) } catch { findings.add(error) }
  }

  mutating func report(
    _ rule: ONNXRule, _ item: String? = nil, at offset: Int? = nil,
    _ message: @autoclosure () -> String, remedy: String? = nil
  ) {
    let file = path
    findings.add(rule) {
      Finding(rule, in: file, item: item, at: offset, message(), remedy: remedy)
    }
  }

  func finding(
    _ rule: ONNXRule, _ item: String? = nil, at offset: Int, _ message: String,
    remedy: String? = nil
  ) -> Finding {
    Finding(rule, in: path, item: item, at: offset, message, remedy: remedy)
  }

  /// Reads a field.
  ///
  /// - Parameter what: The message that it belongs to, for the message if it cannot be read.
  func next(_ reader: inout WireReader, of what: String) throws(Finding) -> WireField? {
    do throws(WireFailure) {
      return try reader.next()
    } catch {
      throw finding(error, of: what)
    }
  }

  func finding(_ failure: WireFailure, of what: String) -> Finding {
    finding(
      failure.isTruncation ? .truncated : .notWireFormat, at: failure.offset,
      "\(what) cannot be read on: \(failure.message)",
      remedy: failure.isTruncation ? GGUFParser.incomplete : nil)
  }

  /// Checks that a field that may stand once has not stood before.
  func checkOnce(
    _ field: WireField, _ singular: Set<Int>, _ seen: inout Set<Int>, of what: String
  ) throws(Finding) {
    guard singular.contains(field.number), !seen.insert(field.number).inserted else { return }
    throw finding(
      .repeatedField, at: field.offset, "field \(field.number) of \(what) stands twice")
  }

  /// The range of a message, a string or bytes.
  func message(_ field: WireField, _ name: String) throws(Finding) -> Range<Int> {
    guard case .bytes(let range) = field.value else {
      throw wireType(field, name, expected: "a run of bytes")
    }
    return range
  }

  func varint(_ field: WireField, _ name: String) throws(Finding) -> UInt64 {
    guard case .varint(let value) = field.value else {
      throw wireType(field, name, expected: "a varint")
    }
    return value
  }

  func integer(_ field: WireField, _ name: String) throws(Finding) -> Int {
    Int(Int64(bitPattern: try varint(field, name)))
  }

  /// A text for a person: what is ill-formed or too long is not kept.
  func shortText(_ field: WireField, _ name: String) throws(Finding) -> String {
    let range = try message(field, name)
    return bytes.extracting(range.prefix(ONNXMetadata.textByteLimit)).lossyText
  }

  func wireType(_ field: WireField, _ name: String, expected: String) -> Finding {
    finding(
      .wireType, at: field.offset, "\(name) is \(field.value.phrase), \(expected) is expected")
  }

  func checkDepth(_ depth: Int, at offset: Int) throws(Finding) {
    guard depth <= Self.depthLimit else {
      throw finding(.depth, at: offset, "messages are nested over \(Self.depthLimit) deep")
    }
  }
}
