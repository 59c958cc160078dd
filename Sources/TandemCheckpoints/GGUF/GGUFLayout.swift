public import TandemBytes
import TandemTensors

/// A GGUF file of version 3 laid out: offsets are the running sum of the padded sizes, as ggml's
/// reader demands (`GGUFReader` describes the format).
public struct GGUFLayout: TensorFileLayout {
  public let places: [Range<Int>]
  public let byteCount: Int
  public var needsChecksums: Bool { false }
  private let header: [UInt8]

  /// Lays a file out.
  ///
  /// - Parameters:
  ///   - tensors: In the order of the file.
  ///   - pairs: The metadata.
  ///   - path: The file, for findings.
  ///   - findings: What GGUF cannot say is added.
  /// - Returns: nil if a finding is an error.
  /// - Complexity: O(*n*) in the bytes of the header.
  public init?(
    _ tensors: [OutputTensor], pairs: GGUFPairs, path: String, _ findings: inout Findings
  ) {
    var check = LayoutCheck(path: path)
    for tensor in tensors { check.checkGGUF(tensor) }
    check.checkTypes(
      of: tensors, GGUFRule.tensorType, format: "GGUF",
      remedy: "--keep 'GLOB=TYPE' or --dtype makes it one that GGUF has"
    ) { GGUFType.number(of: $0) != nil }
    check.checkNames(of: tensors, GGUFRule.duplicateTensor)
    if let (key, reason) = pairs.flaw {
      check.report(GGUFRule.badKey, nil, "\(reason): '\(key.shortened)'")
    }
    var header = Self.fixedHeader(tensorCount: tensors.count, pairCount: pairs.count)
    header += pairs.bytes
    var relative: [Range<Int>] = []
    var end: Int? = 0
    for tensor in tensors {
      guard let start = end, let stop = start.adding(tensor.byteCount) else { break }
      header.append(tensor, at: start)
      relative.append(start..<stop)
      end = stop.padded(to: pairs.alignment)
    }
    let start = tensors.isEmpty ? header.count : header.count.padded(to: pairs.alignment)
    let byteCount = start.flatMap { start in end.flatMap { start.adding($0) } }
    if byteCount == nil {
      check.report(GGUFRule.overflow, nil, "the file would have over 2^63-1 bytes")
    }
    findings.add(contentsOf: check.findings)
    guard let start, let byteCount, !check.findings.hasErrors else { return nil }
    self.header = header
    self.byteCount = byteCount
    places = relative.map { start + $0.lowerBound..<start + $0.upperBound }
  }

  public func frame(checksums: [UInt32]) -> [FilePiece] { [FilePiece(offset: 0, bytes: header)] }

  private static func fixedHeader(tensorCount: Int, pairCount: Int) -> [UInt8] {
    var bytes = Array("GGUF".utf8)
    bytes.append(littleEndian: UInt32(3))
    bytes.append(littleEndian: UInt64(tensorCount))
    bytes.append(littleEndian: UInt64(pairCount))
    return bytes
  }
}

extension [UInt8] {
  /// Appends a tensor info.
  fileprivate mutating func append(_ tensor: OutputTensor, at offset: Int) {
    append(counted: tensor.name)
    append(littleEndian: UInt32(tensor.shape.rank))
    for dimension in tensor.shape.dimensions.reversed() {
      append(littleEndian: UInt64(dimension))
    }
    append(littleEndian: GGUFType.number(of: tensor.type) ?? 0)
    append(littleEndian: UInt64(offset))
  }
}

extension LayoutCheck {
  fileprivate mutating func checkGGUF(_ tensor: OutputTensor) {
    if tensor.shape.rank > 4 {
      report(
        GGUFRule.rank, tensor,
        "the tensor has \(tensor.shape.rank) dimensions, \(tensor.shape), GGUF has at most 4",
        remedy: "leave it out (--exclude), or write safetensors")
    }
    checkName(of: tensor, GGUFRule.badTensorName, limit: 63)
  }
}
