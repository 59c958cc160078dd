internal import TandemBytes
internal import TandemTensors

extension GGUFParser {
  /// Tensors with their places, and where the data of the file begins.
  struct Placement {
    var dataStart: Int
    /// In the order of their bytes.
    var tensors: [TensorDescriptor] = []
  }

  /// Finds the bytes of each tensor, and checks that they lie in the file, in order and without
  /// holes.
  mutating func place(
    _ infos: [TensorInfo], alignment: Int, fileIndex: Int
  ) -> Placement {
    let headerEnd = cursor.offset
    let dataStart = padded(headerEnd, to: alignment)
    if infos.isEmpty {
      checkEnd(dataEnd: headerEnd, alignment: alignment, isPaddingNeeded: false)
      return Placement(dataStart: min(dataStart, bytes.byteCount))
    }
    var placement = Placement(dataStart: dataStart)
    placement.tensors.reserveCapacity(infos.count)
    var runningSum = GGUFRunningSum(alignment: UInt64(alignment))
    var cut: [Int] = []
    for (index, info) in infos.enumerated() {
      let isInPlace = checkOffset(info, runningSum)
      runningSum.advance(over: info)
      guard isInPlace, let type = info.type, let byteCount = info.byteCount else { continue }
      guard let range = dataRange(info.offset, byteCount, from: dataStart) else {
        cut.append(index)
        continue
      }
      placement.tensors.append(
        TensorDescriptor(
          name: info.name, type: type, shape: info.shape, fileIndex: fileIndex, byteRange: range))
    }
    if let first = cut.first { reportCut(infos[first], others: cut.count - 1, dataStart) }
    guard placement.tensors.count == infos.count else { return placement }
    guard !isLenient || sort(&placement.tensors) else { return placement }
    checkPadding(headerEnd, alignment: alignment)
    for tensor in placement.tensors {
      checkPadding(tensor.byteRange.upperBound, alignment: alignment)
    }
    let dataEnd = placement.tensors.last?.byteRange.upperBound ?? dataStart
    checkEnd(dataEnd: dataEnd, alignment: alignment, isPaddingNeeded: true)
    return placement
  }

  /// The place of a tensor's data in the file, nil if it goes past the end.
  private func dataRange(_ offset: UInt64, _ byteCount: Int, from dataStart: Int) -> Range<Int>? {
    let available = bytes.byteCount - dataStart
    guard available >= byteCount, offset <= UInt64(available - byteCount) else { return nil }
    let start = dataStart + Int(offset)
    return start..<start + byteCount
  }

  private mutating func reportCut(_ info: TensorInfo, others: Int, _ dataStart: Int) {
    let fileEnd = bytes.byteCount
    let plural = others == 1 ? "" : "s"
    let more = others == 0 ? "" : "; so does that of \(others) more tensor\(plural)"
    report(
      .truncatedData, info.name, at: info.infoOffset,
      """
      the data, \(info.byteCount ?? 0) bytes at offset \(info.offset) from byte \(dataStart), \
      goes past the end of the file at byte \(fileEnd)\(more)
      """, remedy: Self.incomplete)
  }

  /// Checks an offset against the sum of the padded sizes before it, or leniently against the
  /// alignment only.
  private mutating func checkOffset(_ info: TensorInfo, _ runningSum: GGUFRunningSum) -> Bool {
    if isLenient || runningSum.expected == nil {
      if info.offset % runningSum.alignment == 0 { return true }
      report(
        .tensorOffset, info.name, at: info.infoOffset,
        """
        the offset is \(info.offset), multiples of the alignment \(runningSum.alignment) \
        are allowed
        """)
      return false
    }
    if runningSum.accepts(info.offset) { return true }
    report(
      .tensorOffset, info.name, at: info.infoOffset,
      """
      the offset is \(info.offset), the running sum with alignment \(runningSum.alignment) is \
      \(runningSum.expected ?? 0)
      """, remedy: "write the file again, or read it with --lenient")
    return false
  }

  /// Brings tensors into the order of their bytes and reports overlaps.
  ///
  /// - Returns: Whether there is no overlap.
  private mutating func sort(_ tensors: inout [TensorDescriptor]) -> Bool {
    tensors.sort {
      ($0.byteRange.lowerBound, $0.byteRange.upperBound, $0.name)
        < ($1.byteRange.lowerBound, $1.byteRange.upperBound, $1.name)
    }
    var end = 0
    var owner = ""
    var isSound = true
    for tensor in tensors where !tensor.byteRange.isEmpty {
      if tensor.byteRange.lowerBound < end {
        report(
          .tensorOffset, tensor.name, at: tensor.byteRange.lowerBound,
          "the data overlaps that of '\(owner)', which ends at byte \(end)")
        isSound = false
      }
      if tensor.byteRange.upperBound > end {
        end = tensor.byteRange.upperBound
        owner = tensor.name
      }
    }
    return isSound
  }

  /// Checks that the bytes up to the next multiple of the alignment are zero.
  private mutating func checkPadding(_ end: Int, alignment: Int) {
    let range = end..<max(end, min(padded(end, to: alignment), bytes.byteCount))
    guard let offset = range.first(where: { bytes.byte(at: $0) != 0 }) else { return }
    let byte = hexadecimal(bytes.byte(at: offset), digits: 2)
    report(.nonZeroPadding, at: offset, "the padding holds the byte \(byte), 00 is allowed")
  }

  /// Checks what lies between the end of the last tensor's data, or of the header, and the end of
  /// the file.
  private mutating func checkEnd(dataEnd: Int, alignment: Int, isPaddingNeeded: Bool) {
    if !isPaddingNeeded { checkPadding(dataEnd, alignment: alignment) }
    let end = padded(dataEnd, to: alignment)
    let fileEnd = bytes.byteCount
    if fileEnd > end {
      report(
        .trailingBytes, at: end,
        "\(fileEnd - end) bytes follow the last tensor and its padding, none is allowed")
    } else if fileEnd < end && isPaddingNeeded {
      report(
        .missingPadding, at: fileEnd,
        "the file ends at byte \(fileEnd), the padding of the last tensor at \(end)",
        remedy: "append \(end - fileEnd) zero bytes")
    }
  }
}

/// The next multiple of a power of two; of a place in a file, so that it cannot overflow.
private func padded(_ offset: Int, to alignment: Int) -> Int {
  (offset + alignment - 1) & ~(alignment - 1)
}
