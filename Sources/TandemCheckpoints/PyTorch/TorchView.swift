import TandemBytes
import TandemTensors

/// A tensor as a pickle describes it: how it looks at its storage.
struct TorchView {
  /// The largest number of dimensions.
  static let rankLimit = 64

  let type: ElementType
  let shape: Shape
  let strides: [Int]
  /// The place of the first element in the storage, in bytes of the plain storage.
  let byteOffset: Int
  /// The distance from the first element to the last one, in elements.
  let reach: Int
  let storage: Int

  /// Whether the elements lie row by row without gaps.
  var isContiguous: Bool {
    var expected = 1
    for (size, stride) in zip(shape.dimensions, strides).reversed() where size != 1 {
      if stride != expected { return false }
      expected *= size
    }
    return true
  }

  /// The descriptor of the tensor.
  ///
  /// - Precondition: The storage has a place of its size, and the elements lie inside it.
  func descriptor(
    name: String, in storage: TorchStorage, _ place: TorchStorage.Place, fileIndex: Int,
    isBigEndian: Bool
  ) -> TensorDescriptor {
    let width = type.block.byteCount
    let isEmpty = shape.dimensions.contains(0)
    let isSwapped = isBigEndian && width > 1
    let needsStrides = !isContiguous || (place.isDeflated && byteOffset != 0)
    if isEmpty {
      return TensorDescriptor(
        name: name, type: type, shape: shape, fileIndex: fileIndex,
        byteRange: place.range.lowerBound..<place.range.lowerBound)
    }
    if place.isDeflated {
      return TensorDescriptor(
        name: name, type: type, shape: shape, fileIndex: fileIndex, byteRange: place.range,
        form: StoredForm(
          compression: .deflate(plainByteCount: storage.byteCount), isBigEndian: isSwapped,
          strides: needsStrides
            ? StoredForm.Strides(offset: byteOffset / width, strides: strides) : nil))
    }
    let start = place.range.lowerBound + byteOffset
    return TensorDescriptor(
      name: name, type: type, shape: shape, fileIndex: fileIndex,
      byteRange: start..<start + (reach + 1) * width,
      form: StoredForm(
        isBigEndian: isSwapped,
        strides: needsStrides ? StoredForm.Strides(offset: 0, strides: strides) : nil))
  }
}

/// Reads the arguments of the functions that make tensors.
struct TorchViewReader {
  let pickle: Pickle
  let storages: TorchStorages
  let path: String

  /// The tensor that a value is; nil if it is something else.
  ///
  /// - Throws: What is wrong with it.
  func view(_ value: PickleValue, name: String) throws(Finding) -> TorchView? {
    guard let (function, object) = pickle.call(value) else { return nil }
    return try view(function, object.items, Place(name: name, offset: object.offset), depth: 0)
  }

  /// What a finding is about.
  private struct Place {
    let name: String
    let offset: UInt32
  }

  private func view(
    _ function: PickleGlobal, _ arguments: [PickleValue], _ place: Place, depth: Int
  ) throws(Finding) -> TorchView? {
    guard depth < 8 else { throw flaw(.limit, place, "tensors wrap each other without end") }
    switch function.role {
    case .tensor(let version):
      return try view(arguments, version: version, place)
    case .otherTensor(let kind):
      throw flaw(
        .otherTensor, place, "the tensor is \(kind); dense ones with a storage can be read",
        remedy: "convert it to a dense tensor and save the file again")
    case .parameter:
      guard let inner = arguments.first, let (function, object) = pickle.call(inner),
        let view = try view(function, object.items, place, depth: depth + 1)
      else { throw flaw(.badTensor, place, "the parameter wraps no tensor") }
      return view
    case .tensorSubclass:
      guard arguments.count == 4, let function = pickle.global(arguments[0]),
        let inner = pickle.elements(arguments[2]),
        let view = try view(function, inner, place, depth: depth + 1)
      else { throw flaw(.badTensor, place, "the tensor of a subclass wraps no tensor") }
      return view
    default: return nil
    }
  }

  /// Reads `(storage, offset, sizes, strides, …)`, and the element type as the seventh argument of
  /// version 3.
  private func view(
    _ arguments: [PickleValue], version: Int, _ place: Place
  ) throws(Finding) -> TorchView {
    let counts = [1: 4...4, 2: 6...7, 3: 7...8]
    guard counts[version]?.contains(arguments.count) == true,
      case .object(let object) = arguments[0], pickle.objects[Int(object)].kind == .persistent,
      let offset = pickle.int(arguments[1]), let sizes = integers(arguments[2]),
      let strides = integers(arguments[3])
    else {
      throw flaw(
        .badTensor, place,
        "the tensor is not described by storage, offset, sizes and strides (version \(version))")
    }
    guard let part = storages.views[object] else {
      throw flaw(.persistentID, place, "the name of its storage is damaged")
    }
    let storage = storages.all[part.storage]
    if arguments.count == (version == 3 ? 8 : 7), let flag = lazyBit(arguments[arguments.count - 1])
    {
      throw flaw(
        .lazyBits, place, "the tensor is stored to be \(flag) when it is read",
        remedy: "save it after resolve_conj() and resolve_neg()")
    }
    let type = try elementType(storage, version == 3 ? arguments[6] : nil, place)
    guard sizes.count == strides.count, sizes.count <= TorchView.rankLimit, offset >= 0,
      sizes.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 })
    else {
      throw flaw(
        .badTensor, place,
        "the tensor has \(sizes.count) sizes, \(strides.count) strides and the offset \(offset); "
          + "as many sizes as strides are expected, at most \(TorchView.rankLimit), none negative")
    }
    return try placed(Shape(sizes), strides, offset, type, part, storage, place)
  }

  /// Checks that all elements lie in the storage, or in its part.
  private func placed(
    _ shape: Shape, _ strides: [Int], _ offset: Int, _ type: ElementType,
    _ part: TorchStorage.View, _ storage: TorchStorage, _ place: Place
  ) throws(Finding) -> TorchView {
    let width = type.block.byteCount
    let capacity = part.range.count * storage.elementByteCount / width
    var reach: Int? = 0
    if !shape.dimensions.contains(0) {
      for (size, stride) in zip(shape.dimensions, strides) {
        let (product, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
        let sum = reach?.addingReportingOverflow(product)
        reach = overflow || sum?.overflow != false ? nil : sum?.partialValue
      }
    }
    let needed = shape.dimensions.contains(0) ? 0 : 1
    guard let reach, shape.byteCount(of: type) != nil, offset <= capacity,
      reach <= capacity - offset - needed
    else {
      throw flaw(
        .outsideStorage, place,
        "sizes \(shape) and strides \(Shape(strides)) from element \(offset) on leave the storage "
          + "'\(storage.key.shortened)' of \(capacity) elements")
    }
    let (byteOffset, overflow) = (part.range.lowerBound * storage.elementByteCount)
      .addingReportingOverflow(offset * width)
    guard !overflow, byteOffset % width == 0 else {
      throw flaw(.outsideStorage, place, "the tensor begins inside an element of its storage")
    }
    return TorchView(
      type: type, shape: shape, strides: strides, byteOffset: byteOffset, reach: reach,
      storage: part.storage)
  }

  private func elementType(
    _ storage: TorchStorage, _ stated: PickleValue?, _ place: Place
  ) throws(Finding) -> ElementType {
    var name = storage.otherType ?? "not stated"
    if let stated {
      switch pickle.global(stated)?.role {
      case .elementType(let type): return type
      case .otherElementType(let other): name = other
      default: break
      }
    } else if let type = storage.type {
      return type
    }
    throw flaw(
      .elementType, place, "the element type is \(name), which cannot be read",
      remedy: "save the tensor with another type")
  }

  /// The sizes or strides; a `torch.Size` is called with them.
  private func integers(_ value: PickleValue) -> [Int]? {
    let elements =
      pickle.elements(value)
      ?? pickle.call(value).flatMap { $0.object.items.first.flatMap { pickle.elements($0) } }
    guard let elements else { return nil }
    let integers = elements.compactMap { pickle.int($0) }
    return integers.count == elements.count ? integers : nil
  }

  private func lazyBit(_ metadata: PickleValue) -> String? {
    guard let items = pickle.object(metadata)?.items, items.count % 2 == 0 else { return nil }
    for index in stride(from: 0, to: items.count, by: 2) where items[index + 1] == .bool(true) {
      switch pickle.text(items[index]) {
      case "conj": return "conjugated"
      case "neg": return "negated"
      default: break
      }
    }
    return nil
  }

  private func flaw(
    _ rule: PyTorchRule, _ place: Place, _ message: String, remedy: String? = nil
  ) -> Finding {
    Finding(
      rule, in: path, item: place.name.shortened, at: pickle.fileOffset + Int(place.offset),
      message, remedy: remedy)
  }
}
