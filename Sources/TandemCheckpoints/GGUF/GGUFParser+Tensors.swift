internal import TandemBytes
internal import TandemTensors

extension GGUFParser {
  /// What the header says about one tensor.
  struct TensorInfo {
    let name: String
    /// The place of the info in the file.
    let infoOffset: Int
    let shape: Shape
    let type: ElementType?
    /// The bytes of data, nil if type or shape are not allowed.
    let byteCount: Int?
    /// The place of the data, from the beginning of the tensor data.
    let offset: UInt64
  }

  /// Reads all tensor infos.
  mutating func tensorInfos(count: Int) throws(Finding) -> [TensorInfo] {
    var infos: [TensorInfo] = []
    let capacity = min(count, cursor.remaining / Self.smallestTensorByteCount)
    infos.reserveCapacity(capacity)
    var offsets = [ExactText: Int](minimumCapacity: capacity)
    for _ in 0..<count { infos.append(try tensorInfo(&offsets)) }
    return infos
  }

  /// Reads one info.
  ///
  /// - Parameter offsets: Where the infos so far stand, by the tensors' names.
  private mutating func tensorInfo(
    _ offsets: inout [ExactText: Int]
  ) throws(Finding) -> TensorInfo {
    let start = cursor.offset
    let name = name(at: try nextString("the name of a tensor"), limit: 63)
    if let flaw = name.flaw {
      report(.badTensorName, name.text, at: start, "the name \(flaw)")
    } else if let first = offsets.updateValue(start, forKey: ExactText(name.text)) {
      report(
        .duplicateTensor, name.text, at: start,
        "another tensor has the same name, at byte \(first)")
    }
    let shape = try shape(of: name.text, at: start)
    let number = try next(UInt32.self, "the type", of: name.text)
    let type = GGUFType.elementType(number)
    if type == nil { reportType(number, of: name.text, at: start) }
    let offset = try next(UInt64.self, "the offset", of: name.text)
    let byteCount = byteCount(shape, type, of: name.text, at: start)
    return TensorInfo(
      name: name.text, infoOffset: start, shape: shape ?? [], type: type, byteCount: byteCount,
      offset: offset)
  }

  /// Reads rank and dimensions.
  ///
  /// - Returns: nil if a dimension is too large.
  private mutating func shape(of tensor: String, at start: Int) throws(Finding) -> Shape? {
    let rank = try next(UInt32.self, "the rank", of: tensor)
    // Not read over: a rank like this more often comes from a damaged header than from a fifth
    // dimension.
    guard rank <= 4 else {
      throw finding(.rank, tensor, at: start, "the rank is \(rank), at most 4 is allowed")
    }
    var dimensions = [Int](repeating: 0, count: Int(rank))
    var isRepresentable = true
    for index in 0..<Int(rank) {
      let dimension = try next(UInt64.self, "dimension \(index)", of: tensor)
      if dimension > UInt64(Int.max) {
        report(
          .overflow, tensor, at: start,
          "dimension \(index) is \(dimension), at most 2^63-1 is allowed")
        isRepresentable = false
      }
      dimensions[Int(rank) - 1 - index] = Int(clamping: dimension)
    }
    return isRepresentable ? Shape(dimensions) : nil
  }

  private mutating func reportType(_ number: UInt32, of tensor: String, at start: Int) {
    let name = GGUFType.removedName(number)
    let highest = GGUFType.highestNumber
    report(
      .tensorType, tensor, at: start,
      name.map { "the type is \(number) (\($0)), which ggml has removed" }
        ?? "the type is \(number), ggml's types from 0 to \(highest) can be read",
      remedy: name == nil ? nil : "quantise the model again to another type")
  }

  /// The bytes of a tensor's data, nil after a finding.
  private mutating func byteCount(
    _ shape: Shape?, _ type: ElementType?, of tensor: String, at start: Int
  ) -> Int? {
    guard let shape else { return nil }
    guard shape.elementCount != nil else {
      report(
        .overflow, tensor, at: start,
        "the shape \(shape) has more elements than the 2^63-1 that are allowed")
      return nil
    }
    guard let type else { return nil }
    guard shape.fillsBlocks(of: type) else {
      report(
        .partialBlock, tensor, at: start,
        """
        rows of \(shape.rowLength) elements do not consist of whole \(type.name) blocks of \
        \(type.block.elementCount)
        """)
      return nil
    }
    if let byteCount = shape.byteCount(of: type) { return byteCount }
    report(
      .overflow, tensor, at: start,
      "the shape \(shape) takes more bytes of \(type.name) than the 2^63-1 that are allowed")
    return nil
  }
}
