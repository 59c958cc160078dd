import TandemBytes
import TandemTensors

extension DirectoryCheck {
  func checkMembers() throws(Finding) {
    var firstTensor: UInt64 = 0
    var role: UInt32 = 0
    guard directory.memberCount <= BundleLayout.maximumMemberCount else {
      throw finding(
        .member, .members, 0, nil,
        "there are \(directory.memberCount) members; at most "
          + "\(BundleLayout.maximumMemberCount) are allowed")
    }
    for index in 0..<directory.memberCount {
      let member = directory.member(index)
      func broken(_ message: String) -> Finding {
        finding(.member, .members, index, "member \(index)", message)
      }
      guard let kind = MemberRole(rawValue: member.role) else {
        throw broken("has role \(member.role); known are 1 to 5")
      }
      guard member.role > role || (member.role == role && kind.mayRepeat) else {
        throw broken("has role \(kind) after a later one, or for the second time")
      }
      role = member.role
      guard 1...BundleLayout.maximumMemberNameByteCount ~= Int(member.name.byteCount) else {
        throw broken(
          "has a name of \(member.name.byteCount) bytes; allowed are 1 to "
            + "\(BundleLayout.maximumMemberNameByteCount)")
      }
      try checkString(member.name, .members, index, "member \(index)")
      for other in 0..<index
      where directory.text(directory.member(other).name).equals(directory.text(member.name)) {
        throw broken("has the name of member \(other)")
      }
      guard UInt64(member.firstTensor) == firstTensor else {
        throw broken("starts at tensor \(member.firstTensor), \(firstTensor) come before it")
      }
      firstTensor += UInt64(member.tensorCount)
      guard firstTensor <= UInt64(directory.tensorCount) else {
        throw broken("has \(member.tensorCount) tensors, more than the table holds")
      }
      guard (member.tensorCount == 0) == member.tensorSetDigest.isZero else {
        throw broken(
          "has \(member.tensorCount) tensors and "
            + "\(member.tensorSetDigest.isZero ? "no" : "a") tensor-set digest")
      }
      try checkTokenizer(of: member, broken)
      try checkTensors(of: member)
    }
    guard firstTensor == UInt64(directory.tensorCount) else {
      throw finding(
        .member, .members, max(directory.memberCount - 1, 0), nil,
        "the members have \(firstTensor) tensors, the table \(directory.tensorCount)")
    }
  }

  private func checkTokenizer(
    of member: MemberRecord, _ broken: (String) -> Finding
  ) throws(Finding) {
    let isTokenizer = member.role == MemberRole.tokenizer.rawValue
    guard member.tokenizer != BundleLayout.none else {
      guard isTokenizer || member.tokenizerDigest.isZero else {
        throw broken("has a tokenizer digest and uses no tokenizer")
      }
      return
    }
    guard !isTokenizer else { throw broken("is a tokenizer and uses one") }
    guard member.tokenizer < directory.memberCount else {
      throw broken("uses member \(member.tokenizer) of \(directory.memberCount) as tokenizer")
    }
    let tokenizer = directory.member(Int(member.tokenizer))
    guard tokenizer.role == MemberRole.tokenizer.rawValue,
      tokenizer.tokenizerDigest == member.tokenizerDigest
    else {
      throw broken("uses a member that is no tokenizer, or has another digest than it names")
    }
  }

  private func checkTensors(of member: MemberRecord) throws(Finding) {
    let first = Int(member.firstTensor)
    for index in first..<first + Int(member.tensorCount) {
      let tensor = directory.tensor(index)
      guard tensor.name.byteCount > 0 else {
        throw finding(.tensor, .tensors, index, "tensor \(index)", "has no name")
      }
      try checkString(tensor.name, .tensors, index)
      if index > first {
        let before = directory.tensor(index - 1).name
        let order = directory.text(before).compare(directory.text(tensor.name))
        guard order < 0 else {
          throw finding(
            .tensor, .tensors, index, directory.string(tensor.name),
            order == 0 ? "stands twice in its member" : "stands after a name that follows it")
        }
      }
      try checkContent(of: tensor, index)
    }
  }

  /// Checks type, shape and payload of a tensor, without building the shape.
  private func checkContent(of tensor: TensorRecord, _ index: Int) throws(Finding) {
    guard let type = ElementType(rawValue: tensor.type) else {
      throw broken(tensor, index, "has element type \(tensor.type), which is not known")
    }
    let end = Int(tensor.firstDimension) + Int(tensor.rank)
    guard Int(tensor.rank) <= BundleLayout.maximumRank,
      end <= directory.tables[.dimensions].count
    else {
      throw broken(
        tensor, index,
        "has \(tensor.rank) dimensions at \(tensor.firstDimension) of "
          + "\(directory.tables[.dimensions].count); at most \(BundleLayout.maximumRank) are allowed"
      )
    }
    guard tensor.payload < directory.payloadCount else {
      throw broken(tensor, index, "has payload \(tensor.payload) of \(directory.payloadCount)")
    }
    var product: UInt64 = 1
    var row: UInt64 = 1
    var isEmpty = false
    for position in Int(tensor.firstDimension)..<end {
      row = directory.dimension(position)
      if row == 0 {
        isEmpty = true
        continue
      }
      let (next, overflow) = product.multipliedReportingOverflow(by: row)
      guard !overflow, next <= UInt64(Int.max) else {
        throw broken(tensor, index, "has more than 2^63-1 elements")
      }
      product = next
    }
    let block = type.block
    let filled = type.isSubByte ? (isEmpty ? 0 : product) : row
    guard filled % UInt64(block.elementCount) == 0 else {
      throw broken(tensor, index, "does not fill whole blocks of \(block.elementCount) elements")
    }
    let (bytes, overflow) = (product / UInt64(block.elementCount))
      .multipliedReportingOverflow(by: UInt64(block.byteCount))
    let payload = directory.payload(Int(tensor.payload))
    guard !overflow, bytes <= UInt64(Int.max), (isEmpty ? 0 : bytes) == payload.byteCount else {
      throw broken(
        tensor, index,
        "needs \(overflow ? "more than 2^64" : "\(bytes)") bytes, its payload has "
          + "\(payload.byteCount)")
    }
  }

  // A method and not a local function, which would copy the directory's description for each
  // tensor.
  private func broken(_ tensor: TensorRecord, _ index: Int, _ message: String) -> Finding {
    finding(.tensor, .tensors, index, directory.string(tensor.name), message)
  }
}
