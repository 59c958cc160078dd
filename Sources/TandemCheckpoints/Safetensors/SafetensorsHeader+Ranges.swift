import TandemBytes
import TandemTensors

extension SafetensorsHeader {
  /// Compares the tensors' places with each other and with the file; sorts the entries by their
  /// bytes.
  ///
  /// Together the tensors cover the data exactly: no hole, in which a second file could hide, no
  /// byte in two tensors, nothing behind the last one. An empty tensor lies where another one ends
  /// or begins.
  ///
  /// - Parameters:
  ///   - dataStart: The place of the data in the file.
  ///   - dataByteCount: The bytes from there to the end of the file.
  /// - Complexity: O(*n* log *n*) in the number of tensors; O(*n*) if they are sorted.
  mutating func checkRanges(dataStart: Int, dataByteCount: Int) {
    sortEntries()
    var covered: UInt64 = 0
    // The tensor that ends at `covered`.
    var last: Int?
    for index in entries.indices {
      let (begin, end) = (entries[index].begin, entries[index].end)
      if begin > covered && !hasUnknownRange {
        reportHole(before: index, after: last, covered, dataStart)
      } else if begin < covered, let last {
        reportOverlap(of: index, with: last, dataStart)
      }
      if end >= covered {
        covered = end
        last = index
      }
    }
    checkEnd(covered: covered, dataStart: dataStart, dataByteCount: dataByteCount)
  }

  private mutating func reportHole(
    before index: Int, after last: Int?, _ covered: UInt64, _ dataStart: Int
  ) {
    let entry = entries[index]
    let edge =
      last.map {
        "those of '\(entries[$0].name.shortened)' end at \(covered), and no byte may lie between"
      }
      ?? "the first tensor's must begin at 0"
    reportRange(
      .hole, entry.name, at: fileOffset(covered, dataStart),
      "its data begin at data offset \(entry.begin), \(edge)")
  }

  private mutating func reportOverlap(of index: Int, with last: Int, _ dataStart: Int) {
    let (entry, other) = (entries[index], entries[last])
    reportRange(
      .overlap, entry.name, at: fileOffset(entry.begin, dataStart),
      "its data offsets \(entry.begin)..<\(entry.end) "
        + (entry.begin == entry.end ? "lie inside" : "overlap")
        + " those of '\(other.name.shortened)', \(other.begin)..<\(other.end)")
  }

  private mutating func checkEnd(covered: UInt64, dataStart: Int, dataByteCount: Int) {
    let available = UInt64(dataByteCount)
    if covered > available, let first = entries.first(where: { $0.end > available }) {
      let count = entries.count { $0.end > available }
      reportRange(
        .truncated, first.name, at: dataStart + dataByteCount,
        "the data of \(Self.counted(count, "tensor")) go past the end of the file, which has \(available) "
          + "bytes of data instead of \(covered)", remedy: Self.download)
    } else if covered < available && !hasUnknownRange {
      reportRange(
        .trailingBytes, nil, at: dataStart + Int(covered),
        "the file goes on after the last tensor's data, for \(Self.counted(available - covered, "byte"))"
      )
    }
  }

  /// Notes that tensors are not aligned, once for the file.
  mutating func checkAlignment(dataStart: Int) {
    var first: Int?
    var count = 0
    for index in entries.indices where entries[index].begin < entries[index].end {
      guard let type = entries[index].type, !type.isSubByte else { continue }
      if (dataStart + Int(entries[index].begin)) % type.block.byteCount != 0 {
        count += 1
        first = first ?? index
      }
    }
    guard let first, let type = entries[first].type else { return }
    reportRange(
      .misaligned, entries[first].name, at: dataStart + Int(entries[first].begin),
      "the data of \(Self.counted(count, "tensor")) do not begin at a multiple of their element size, "
        + "here \(type.block.byteCount) bytes")
  }

  /// What helps against a file that is shorter than its header says.
  static let download = "download or copy the file again"

  /// `1 byte`, `2 bytes`.
  private static func counted(_ count: some BinaryInteger, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }

  /// Sorts by place, an empty tensor before the one that begins there, and else as in the header.
  private mutating func sortEntries() {
    func isBefore(_ left: SafetensorsEntry, _ right: SafetensorsEntry) -> Bool {
      (left.begin, left.end, left.nameOffset) < (right.begin, right.end, right.nameOffset)
    }
    // Nearly all writers sort by place.
    let isSorted = entries.indices.dropFirst().allSatisfy {
      entries[$0 - 1].end <= entries[$0].begin
    }
    if !isSorted { entries.sort(by: isBefore) }
  }

  /// The place in the file, nil if no file can have it.
  private func fileOffset(_ dataOffset: UInt64, _ dataStart: Int) -> Int? {
    let (sum, overflow) = dataStart.addingReportingOverflow(Int(clamping: dataOffset))
    return overflow ? nil : sum
  }

  private mutating func reportRange(
    _ rule: SafetensorsRule, _ item: String?, at offset: Int?,
    _ message: @autoclosure () -> String, remedy: String? = nil
  ) {
    findings.add(rule) {
      Finding(rule, in: file, item: item?.shortened, at: offset, message(), remedy: remedy)
    }
  }
}
