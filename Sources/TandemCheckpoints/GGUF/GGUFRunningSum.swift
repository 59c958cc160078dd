/// Where the next tensor's data has to begin.
struct GGUFRunningSum {
  let alignment: UInt64
  /// The sum of the padded sizes so far; nil after a tensor of unknown size, so that the next is
  /// taken as it is.
  private var bySize: UInt64? = 0
  /// Where the tensor before ends by its own offset: after a hole, tensors follow each other as if
  /// there were none, and one flaw makes one finding.
  private var byOffset: UInt64?

  init(alignment: UInt64) { self.alignment = alignment }

  var expected: UInt64? { bySize ?? byOffset }

  func accepts(_ offset: UInt64) -> Bool { offset == bySize || offset == byOffset }

  mutating func advance(over info: GGUFParser.TensorInfo) {
    guard let byteCount = info.byteCount else {
      (bySize, byOffset) = (nil, nil)
      return
    }
    // At most 2^63-1 and 2^20 are added: a UInt64 holds the sum.
    let paddedByteCount = (UInt64(byteCount) + alignment - 1) & ~(alignment - 1)
    bySize = sum(bySize ?? info.offset, paddedByteCount)
    byOffset = sum(info.offset, paddedByteCount)
  }

  private func sum(_ left: UInt64, _ right: UInt64) -> UInt64? {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? nil : sum
  }
}
