import TandemTensors

/// A Python name in a pickle: a class or a function that unpickling would import.
struct PickleGlobal: Hashable, Sendable {
  let module: String
  let name: String
  let role: Role

  /// What a name means to a reader that runs nothing.
  enum Role: Hashable, Sendable {
    /// A dictionary class: called without arguments, then filled.
    case dictionary
    /// A function of `torch._utils` that makes a tensor of a storage; the version of its arguments.
    case tensor(version: Int)
    /// Wraps a tensor, its first argument.
    case parameter
    /// Calls its first argument with its third.
    case tensorSubclass
    /// Makes a tensor that has no plain storage; what kind.
    case otherTensor(String)
    /// A storage class, and the type of its elements; nil for bytes without a type.
    case storage(ElementType?)
    /// A storage class whose elements cannot be read: their name and size.
    case otherStorage(String, byteCount: Int)
    case elementType(ElementType)
    case otherElementType(String)
    /// Data without behaviour that matters: kept as a record.
    case inert
    /// Runs code that a file can choose, or reaches what does.
    case dangerous
    case unknown
  }

  var qualifiedName: String { "\(module).\(name)" }

  /// Looks a name up.
  ///
  /// - Parameter isTorchScript: Whether the pickle lies beside a program, whose classes it names.
  init(module: String, name: String, isTorchScript: Bool) {
    // Python 2 has other names for these.
    let module = Self.renamed[module] ?? module
    self.module = module
    self.name = name
    if isTorchScript && module.hasPrefix("__torch__") {
      role = .inert
    } else {
      role = Self.role(module, name)
    }
  }
}

extension PickleGlobal {
  private static let renamed = [
    "__builtin__": "builtins", "copy_reg": "copyreg",
    "numpy._core.multiarray": "numpy.core.multiarray",
    "numpy._core.numeric": "numpy.core.numeric", "UserDict": "collections",
  ]

  private static func role(_ module: String, _ name: String) -> Role {
    if module == "torch" || module == "torch.cuda" || module == "torch.storage" {
      if let role = storageRole(name) { return role }
    }
    if module == "torch" {
      if let type = elementTypes[name] { return .elementType(type) }
      if otherElementTypes.contains(name) { return .otherElementType(name) }
    }
    if let role = known["\(module).\(name)"] { return role }
    let top = module.prefix { $0 != "." }
    if dangerousModules.contains(String(top)) || dangerous.contains("\(module).\(name)") {
      return .dangerous
    }
    return .unknown
  }

  private static func storageRole(_ name: String) -> Role? {
    if name == "UntypedStorage" || name == "_UntypedStorage" { return .storage(nil) }
    guard name.hasSuffix("Storage") else { return nil }
    let kind = String(name.dropLast("Storage".count))
    if let type = storageTypes[kind] { return .storage(type) }
    return otherStorages[kind].map { .otherStorage(kind, byteCount: $0) }
  }

  private static let storageTypes: [String: ElementType] = [
    "Double": .f64, "Float": .f32, "Half": .f16, "BFloat16": .bf16, "Long": .i64, "Int": .i32,
    "Short": .i16, "Char": .i8, "Byte": .u8, "Bool": .bool, "ComplexFloat": .c64,
  ]

  /// Element types that have no counterpart, and the bytes of an element.
  private static let otherStorages = [
    "ComplexDouble": 16, "QInt8": 1, "QUInt8": 1, "QUInt4x2": 1, "QUInt2x4": 1, "QInt32": 4,
  ]

  private static let elementTypes: [String: ElementType] = [
    "float32": .f32, "float": .f32, "float64": .f64, "double": .f64, "float16": .f16, "half": .f16,
    "bfloat16": .bf16, "uint8": .u8, "uint16": .u16, "uint32": .u32, "uint64": .u64, "int8": .i8,
    "int16": .i16, "short": .i16, "int32": .i32, "int": .i32, "int64": .i64, "long": .i64,
    "bool": .bool, "complex64": .c64, "cfloat": .c64, "float8_e4m3fn": .f8_e4m3,
    "float8_e5m2": .f8_e5m2, "float8_e4m3fnuz": .f8_e4m3fnuz, "float8_e5m2fnuz": .f8_e5m2fnuz,
    "float8_e8m0fnu": .f8_e8m0,
  ]

  private static let otherElementTypes: Set = [
    "complex128", "cdouble", "complex32", "chalf", "qint8", "quint8", "qint32", "quint4x2",
    "quint2x4", "float4_e2m1fn_x2", "bits8", "bits16", "bits1x8", "bits2x4", "bits4x2",
  ]
}
