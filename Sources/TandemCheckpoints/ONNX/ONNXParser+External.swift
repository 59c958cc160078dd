internal import TandemBytes
internal import TandemTensors

extension ONNXParser {
  /// What `external_data` says, its keys and values being texts.
  private struct ExternalEntries {
    var location: String?
    var offset = 0
    /// nil: as many bytes as the tensor needs.
    var byteCount: Int?
  }

  /// Finds the data of a tensor in another file.
  mutating func externalData(
    _ proto: ONNXTensorProto, _ name: String, _ byteCount: Int
  ) throws(Finding) -> Data {
    let place = proto.range.lowerBound
    let entries = try externalEntries(proto, name)
    guard let location = entries.location else {
      throw finding(.externalEntry, name, at: place, "external_data has no location")
    }
    if let stated = entries.byteCount, stated != byteCount {
      throw finding(
        .wrongByteCount, name, at: place,
        "external_data has the length \(stated), the shape takes \(byteCount) bytes")
    }
    let fileIndex: Int
    do throws(ONNXExternalFiles.Failure) {
      fileIndex = try external.index(of: location)
    } catch {
      throw finding(error.rule, name, at: place, error.message)
    }
    let available = external.byteCount(ofFile: fileIndex)
    guard entries.offset <= available, byteCount <= available - entries.offset else {
      throw finding(
        .pastExternalEnd, name, at: place,
        "the data, \(byteCount) bytes at offset \(entries.offset), go past the end of '\(location)', which has \(available) bytes",
        remedy: GGUFParser.incomplete)
    }
    return Data(fileIndex: fileIndex, range: entries.offset..<entries.offset + byteCount)
  }

  private func externalEntries(
    _ proto: ONNXTensorProto, _ name: String
  ) throws(Finding) -> ExternalEntries {
    var entries = ExternalEntries()
    var seen: Set<String> = []
    for range in proto.externalEntries {
      let (key, value) = try externalEntry(range, name)
      guard seen.insert(key).inserted else {
        throw finding(
          .externalEntry, name, at: range.lowerBound,
          "the key '\(key.shortened)' of external_data stands twice")
      }
      switch key {
      case "location": entries.location = value
      case "offset": entries.offset = try number(value, key, name, at: range.lowerBound)
      case "length": entries.byteCount = try number(value, key, name, at: range.lowerBound)
      // A checksum, or what a runtime adds for itself.
      default: break
      }
    }
    return entries
  }

  private func externalEntry(
    _ range: Range<Int>, _ name: String
  ) throws(Finding) -> (key: String, value: String) {
    var reader = WireReader(bytes, range)
    var (key, value): (Range<Int>?, Range<Int>?)
    var seen: Set<Int> = []
    while let field = try next(&reader, of: "an entry of external_data") {
      try checkOnce(field, [1, 2], &seen, of: "an entry of external_data")
      if field.number == 1 { key = try message(field, "key") }
      if field.number == 2 { value = try message(field, "value") }
    }
    guard let keyText = bytes.extracting(key ?? 0..<0).utf8Text,
      let valueText = bytes.extracting(value ?? 0..<0).utf8Text
    else {
      throw finding(
        .externalEntry, name, at: range.lowerBound, "an entry of external_data is not UTF-8")
    }
    return (keyText, valueText)
  }

  /// A decimal number of bytes.
  private func number(
    _ text: String, _ key: String, _ name: String, at offset: Int
  ) throws(Finding) -> Int {
    let isDecimal = text.utf8.allSatisfy { 0x30...0x39 ~= $0 }
    if isDecimal, let number = Int(text) { return number }
    throw finding(
      .externalEntry, name, at: offset,
      "the \(key) is '\(text.shortened)', a decimal number up to 2^63-1 is expected")
  }

  /// Warns of tensors that share a part of their external data: to share all of it is an alias, a
  /// part is likely a mistake.
  mutating func checkExternalOverlaps() {
    var previous: TensorDescriptor?
    for tensor in tensors where tensor.fileIndex > 0 && !tensor.byteRange.isEmpty {
      if let last = previous, last.fileIndex == tensor.fileIndex {
        if tensor.byteRange.lowerBound < last.byteRange.upperBound,
          tensor.byteRange != last.byteRange
        {
          let file = external.files[tensor.fileIndex - 1].name
          let (start, end) = (tensor.byteRange.lowerBound, last.byteRange.upperBound)
          report(
            .externalOverlap, tensor.name,
            "the data from byte \(start) of '\(file)' overlap those of '\(last.name)', which end at byte \(end)"
          )
        }
        if last.byteRange.upperBound > tensor.byteRange.upperBound { continue }
      }
      previous = tensor
    }
  }
}
