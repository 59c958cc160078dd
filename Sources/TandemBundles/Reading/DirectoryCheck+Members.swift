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
}
