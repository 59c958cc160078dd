import TandemBytes

extension PickleMachine {
  /// Notes the first use of a name that is not known to be harmless.
  mutating func noteUse(of global: UInt32, _ verb: String, _ arguments: [PickleValue]?) {
    guard reportedGlobals.insert(global).inserted else { return }
    let name = globals[Int(global)]
    let list = arguments.map { "(\(abbreviated($0)))" } ?? ""
    let deed = "\(verb) \(name.qualifiedName.shortened)\(list)"
    switch name.role {
    case .dangerous:
      findings.add(
        finding(
          .runsCode, "loading the file with Python would \(deed)",
          remedy: "do not load this file with Python"))
    case .unknown where isLenient:
      findings.add(
        finding(.keptGlobal, "loading the file with Python would \(deed); it is kept as data"))
    case .unknown:
      findings.add(
        finding(
          .unknownGlobal, "loading the file with Python would \(deed), which is not known",
          remedy: "if you trust the file, --lenient reads its tensors; nothing is run"))
    default: break
    }
  }

  /// Notes names that are imported and not called: importing runs a module's code.
  mutating func noteImports() {
    for index in globals.indices { noteUse(of: UInt32(index), "import", nil) }
  }

  /// Arguments for a message: few, short, and of nested ones only the kind.
  private func abbreviated(_ arguments: [PickleValue]) -> String {
    let texts = arguments.prefix(3).map { abbreviated($0) }
    return texts.joined(separator: ", ") + (arguments.count > 3 ? ", …" : "")
  }

  private func abbreviated(_ value: PickleValue) -> String {
    switch value {
    case .none, .object, .long: return phrase(value)
    case .bool(let flag): return flag ? "True" : "False"
    case .int(let number): return "\(number)"
    case .float(let number): return "\(number)"
    case .text(let offset, let byteCount): return quoted(offset, byteCount)
    case .bytes(let offset, let byteCount): return "b" + quoted(offset, byteCount)
    }
  }

  private func quoted(_ offset: UInt32, _ byteCount: UInt32) -> String {
    let limit = 80
    let range = Int(offset)..<Int(offset) + min(Int(byteCount), limit)
    return "'\(cursor.bytes.extracting(range).lossyText)\(byteCount > limit ? "…" : "")'"
  }
}
