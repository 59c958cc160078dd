public import TandemBytes
import TandemJSON
public import TandemTensors

/// A safetensors file laid out as the reference implementation does it: wide types first, so that
/// every tensor begins at a multiple of its element size, and the header padded with spaces to a
/// multiple of eight.
public struct SafetensorsLayout: TensorFileLayout {
  public let places: [Range<Int>]
  public let byteCount: Int
  public var needsChecksums: Bool { false }
  /// Length field and header.
  private let header: [UInt8]

  /// Lays a file out.
  ///
  /// - Parameters:
  ///   - tensors: Those of one type keep their order.
  ///   - metadata: The pairs of `__metadata__`; without any, there is none.
  ///   - path: The file, for findings.
  ///   - findings: What safetensors cannot say is added.
  /// - Returns: nil if a finding is an error.
  /// - Complexity: O(*n* log *n*) in the number of tensors.
  public init?(
    _ tensors: [OutputTensor], metadata: [SafetensorsMetadata.Pair], path: String,
    _ findings: inout Findings
  ) {
    var check = LayoutCheck(path: path)
    for tensor in tensors { check.checkSafetensors(tensor) }
    check.checkTypes(
      of: tensors, SafetensorsRule.unknownType, format: "safetensors",
      remedy: "'tandem convert' with --dtype bf16 (or f16, f32) makes it one that safetensors has"
    ) { $0.isSafetensors }
    check.checkNames(of: tensors, SafetensorsRule.duplicateTensor)
    // A stable sort: indices break ties.
    let order = tensors.indices.sorted {
      (tensors[$0].type.safetensorsRank, $1) > (tensors[$1].type.safetensorsRank, $0)
    }
    var relative = [Range<Int>](repeating: 0..<0, count: tensors.count)
    var end = 0
    for index in order {
      guard let next = end.adding(tensors[index].byteCount) else {
        check.report(
          SafetensorsRule.overflow, tensors[index],
          "the tensors before it and itself have over 2^63-1 bytes")
        break
      }
      relative[index] = end..<next
      end = next
    }
    let text = check.findings.hasErrors ? [] : Self.text(tensors, order, relative, metadata)
    if UInt64(text.count) > SafetensorsHeader.byteLimit {
      check.report(
        SafetensorsRule.headerTooLong, nil,
        "the header would have \(text.count) bytes, at most \(SafetensorsHeader.byteLimit) are allowed",
        remedy: "write several files: --shard-size")
    }
    findings.add(contentsOf: check.findings)
    let start = SafetensorsHeader.prefixByteCount + text.count
    guard !check.findings.hasErrors, let byteCount = start.adding(end) else { return nil }
    places = relative.map { start + $0.lowerBound..<start + $0.upperBound }
    self.byteCount = byteCount
    var header: [UInt8] = []
    header.append(littleEndian: UInt64(text.count))
    self.header = header + text
  }

  public func frame(checksums: [UInt32]) -> [FilePiece] { [FilePiece(offset: 0, bytes: header)] }

  /// The header's text, padded.
  private static func text(
    _ tensors: [OutputTensor], _ order: [Int], _ places: [Range<Int>],
    _ metadata: [SafetensorsMetadata.Pair]
  ) -> [UInt8] {
    var text = Array("{".utf8)
    if !metadata.isEmpty {
      let pairs = metadata.map { "\($0.key.quoted):\($0.value.quoted)" }.joined(separator: ",")
      text += "\"__metadata__\":{\(pairs)}".utf8
    }
    for index in order {
      if text.count > 1 { text.append(UInt8(ascii: ",")) }
      let shape = tensors[index].shape.dimensions.map(String.init).joined(separator: ",")
      text += tensors[index].name.quoted.utf8
      text += ":{\"dtype\":\"\(tensors[index].type.name)\",\"shape\":[\(shape)],".utf8
      text += "\"data_offsets\":[\(places[index].lowerBound),\(places[index].upperBound)]}".utf8
    }
    text.append(UInt8(ascii: "}"))
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    return text
  }
}

extension String {
  /// The text as a JSON string.
  fileprivate var quoted: String { JSONOutput.string(self).text(pretty: false) }
}

extension ElementType {
  /// Whether safetensors has the type.
  public var isSafetensors: Bool { safetensorsRank >= 0 }

  /// The type's place among safetensors' own, which ascend by width (`Dtype` in the reference
  /// implementation); -1 for others.
  var safetensorsRank: Int {
    switch self {
    case .bool: 0
    case .f4: 1
    case .f6_e2m3: 2
    case .f6_e3m2: 3
    case .u8: 4
    case .i8: 5
    case .f8_e5m2: 6
    case .f8_e4m3: 7
    case .f8_e8m0: 8
    case .f8_e4m3fnuz: 9
    case .f8_e5m2fnuz: 10
    case .i16: 11
    case .u16: 12
    case .f16: 13
    case .bf16: 14
    case .i32: 15
    case .u32: 16
    case .f32: 17
    case .c64: 18
    case .f64: 19
    case .i64: 20
    case .u64: 21
    default: -1
    }
  }
}

extension LayoutCheck {
  fileprivate mutating func checkSafetensors(_ tensor: OutputTensor) {
    if tensor.shape.rank > SafetensorsHeader.rankLimit {
      report(
        SafetensorsRule.badShape, tensor,
        "the tensor has \(tensor.shape.rank) dimensions, at most \(SafetensorsHeader.rankLimit) are allowed"
      )
    }
    if tensor.name == "__metadata__" {
      report(
        SafetensorsRule.badName, tensor, "the name is taken: the metadata have it",
        remedy: "--rename")
    }
    checkName(of: tensor, SafetensorsRule.badName, limit: SafetensorsHeader.nameByteLimit)
  }
}
