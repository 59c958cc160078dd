import TandemBytes

extension PickleMachine {
  /// Notes the first use of a name that is not known to be harmless.
  ///
  /// - Parameters:
  ///   - arguments: The tuple that it is called with; nil if it is only imported.
  ///   - first: The number of the first item that is an argument.
  mutating func noteUse(
    of global: UInt32, _ verb: String, _ arguments: UInt32?, from first: Int = 0
  ) {
    guard reportedGlobals.insert(global).inserted else { return }
    let name = globals[Int(global)]
    let list = arguments.map { "(\(abbreviated($0, from: first)))" } ?? ""
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
  private func abbreviated(_ arguments: UInt32, from first: Int) -> String {
    let values = objects.items(of: arguments, limit: first + 4).dropFirst(first)
    let texts = values.prefix(3).map { abbreviated($0) }
    return texts.joined(separator: ", ") + (values.count > 3 ? ", …" : "")
  }

  private func abbreviated(_ value: PickleValue) -> String {
    switch value {
    case .none, .object: return phrase(value)
    case .bool(let flag): return flag ? "True" : "False"
    case .int(let number): return "\(number)"
    case .number(let place):
      switch PickleNumber(cursor.bytes, at: Int(place)) {
      case .int(let number): return "\(number)"
      case .float(let number): return "\(number)"
      default: return phrase(value)
      }
    case .text(let place): return quoted(place)
    case .bytes(let place): return "b" + quoted(place)
    }
  }

  private func quoted(_ place: UInt32) -> String {
    let limit = 80
    let range = PickleText.range(in: cursor.bytes, at: Int(place))
    let text = cursor.bytes.extracting(range.prefix(limit)).lossyText
    return "'\(text)\(range.count > limit ? "…" : "")'"
  }
}
