import TandemBytes

/// Turns values of a pickle into what a person reads.
struct PythonValue {
  private let pickle: Pickle

  init(_ pickle: Pickle) { self.pickle = pickle }

  /// A number or text, a short list of these, or what else the value is.
  func scalar(_ value: PickleValue) -> PyTorchValue {
    switch value {
    case .none: return .none
    case .bool, .int, .number:
      switch pickle.number(value) {
      case .bool(let flag): return .bool(flag)
      case .int(let number): return .int(number)
      case .float(let number): return .float(number)
      case .long(let range): return .other("an integer of \(range.count) bytes")
      case nil: return .other("a number")
      }
    case .text: return .text(pickle.text(value) ?? "")
    case .bytes(let place): return .other("\(pickle.range(at: place).count) bytes")
    case .object(let index):
      let object = pickle.objects[index]
      switch object.kind {
      case .list, .tuple, .set:
        guard object.itemCount <= TorchContent.shortListCount else {
          return .other("\(object.itemCount) values")
        }
        let items = pickle.objects.items(of: index)
        let isFlat = items.allSatisfy { if case .object = $0 { false } else { true } }
        return isFlat ? .list(items.map(scalar)) : .other("\(items.count) values")
      case .dictionary: return .other("a dictionary of \(object.itemCount / 2)")
      case .global: return .text(pickle.global(value)?.qualifiedName ?? "")
      case .call: return .other(pickle.call(value)?.function.qualifiedName ?? "a call")
      case .persistent: return .other("a storage")
      }
    }
  }

  /// What the call of a harmless function stands for, where that is a value by itself.
  func value(of value: PickleValue) -> PyTorchValue? {
    guard let (function, index) = pickle.call(value), function.role == .inert else { return nil }
    // More arguments than any of these functions has.
    let arguments = pickle.objects.items(of: index, limit: 8)
    switch function.qualifiedName {
    case "numpy.core.multiarray.scalar": return numpyScalar(arguments)
    case "numpy.core.multiarray._reconstruct": return numpyArray(pickle.objects[index].state)
    case "torch.Size", "builtins.set", "builtins.frozenset", "builtins.list", "builtins.tuple":
      guard arguments.count == 1, case .list(let values) = scalar(arguments[0]) else {
        return nil
      }
      return .list(values)
    case "torch.device", "pathlib.PosixPath", "pathlib.PurePosixPath", "pathlib.WindowsPath",
      "pathlib.Path", "builtins.complex", "builtins.range", "datetime.date", "decimal.Decimal",
      "torch.serialization._get_layout":
      let texts = arguments.map { scalar($0).description }
      return .text(texts.joined(separator: function.module == "pathlib" ? "/" : ", "))
    default: return nil
    }
  }

  /// `scalar(dtype, bytes)`: a number, if it is one of the usual types.
  private func numpyScalar(_ arguments: [PickleValue]) -> PyTorchValue {
    guard arguments.count == 2, let type = typeName(arguments[0]),
      let bytes = bytes(arguments[1]), let number = Self.number(type, bytes)
    else { return .other("a NumPy scalar") }
    return number
  }

  /// The state of an array is `(version, sizes, dtype, is column-major, bytes)`.
  private func numpyArray(_ state: PickleValue?) -> PyTorchValue {
    guard let state, let parts = pickle.elements(state, limit: 6), parts.count == 5,
      case .list(let sizes) = scalar(parts[1])
    else { return .other("a NumPy array") }
    let type = typeName(parts[2]).map { " of \($0)" } ?? ""
    return .other("a NumPy array [\(sizes.map(\.description).joined(separator: ", "))]\(type)")
  }

  /// `numpy.dtype('f8', …)` and its state, which holds the byte order: `<f8`.
  private func typeName(_ value: PickleValue) -> String? {
    guard let (function, index) = pickle.call(value), function.qualifiedName == "numpy.dtype",
      let first = pickle.objects.items(of: index, limit: 1).first, let name = pickle.text(first)
    else { return nil }
    let order = pickle.objects[index].state.flatMap { pickle.elements($0, limit: 2) }.flatMap {
      parts in
      parts.count > 1 ? pickle.text(parts[1]) : nil
    }
    return (order ?? "") + name
  }

  /// Bytes, or `_codecs.encode(text, 'latin1')` as protocol 2 writes them.
  private func bytes(_ value: PickleValue) -> [UInt8]? {
    if case .bytes(let place) = value, pickle.range(at: place).count <= 16 {
      return Array(pickle.bytes[pickle.range(at: place)])
    }
    var text = value
    if let (function, index) = pickle.call(value), function.qualifiedName == "_codecs.encode",
      let first = pickle.objects.items(of: index, limit: 1).first
    {
      text = first
    }
    guard case .text(let place) = text, pickle.range(at: place).count <= 32,
      let scalars = pickle.text(text)?.unicodeScalars, scalars.count <= 16,
      scalars.allSatisfy({ $0.value < 256 })
    else { return nil }
    return scalars.map { UInt8(truncatingIfNeeded: $0.value) }
  }

  private static func number(_ type: String, _ bytes: [UInt8]) -> PyTorchValue? {
    let name = type.drop { "<>=|".contains($0) }
    guard bytes.count == Int(name.dropFirst()), 1...8 ~= bytes.count else { return nil }
    let ordered = type.hasPrefix(">") ? bytes : bytes.reversed()
    let bits = ordered.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let unused = 64 - 8 * bytes.count
    switch name.first {
    case "f" where bytes.count == 8: return .float(Double(bitPattern: bits))
    case "f" where bytes.count == 4: return .float(Double(Float(bitPattern: UInt32(bits))))
    case "i": return .int(Int(Int64(bitPattern: bits << UInt64(unused)) >> Int64(unused)))
    case "u": return Int(exactly: bits).map { .int($0) }
    case "b": return .bool(bits != 0)
    default: return nil
    }
  }
}
