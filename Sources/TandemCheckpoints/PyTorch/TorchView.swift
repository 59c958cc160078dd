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
    guard let (function, index) = pickle.call(value) else { return nil }
    let place = Place(name: name, offset: pickle.objects[index].offset)
    return try view(function, arguments(of: index), place, depth: 0)
  }

  /// The arguments of a call, and one more than any function that makes tensors has.
  private func arguments(of call: UInt32) -> [PickleValue] {
    pickle.objects.items(of: call, limit: 9)
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
      guard let inner = arguments.first, let (function, index) = pickle.call(inner),
        let view = try view(function, self.arguments(of: index), place, depth: depth + 1)
      else { throw flaw(.badTensor, place, "the parameter wraps no tensor") }
      return view
    case .tensorSubclass:
      guard arguments.count == 4, let function = pickle.global(arguments[0]),
        let inner = pickle.elements(arguments[2], limit: 9),
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
      case .object(let object) = arguments[0], pickle.objects[object].kind == .persistent,
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
    // One more than the largest rank.
    let limit = TorchView.rankLimit + 1
    let list =
      pickle.call(value).flatMap { pickle.objects.items(of: $0.index, limit: 1).first } ?? value
    guard let elements = pickle.elements(list, limit: limit) else { return nil }
    let integers = elements.compactMap { pickle.int($0) }
    return integers.count == elements.count ? integers : nil
  }

  private func lazyBit(_ metadata: PickleValue) -> String? {
    guard case .object(let index) = metadata, pickle.objects[index].kind == .dictionary else {
      return nil
    }
    var (key, flag): (PickleValue?, String?)
    pickle.objects.forEachItem(of: index) { item in
      guard let known = key else {
        key = item
        return true
      }
      key = nil
      if item == .bool(true), let text = pickle.text(known) {
        flag = ["conj": "conjugated", "neg": "negated"][text]
      }
      return flag == nil
    }
    return flag
  }

  private func flaw(
    _ rule: PyTorchRule, _ place: Place, _ message: String, remedy: String? = nil
  ) -> Finding {
    Finding(
      rule, in: path, item: place.name.shortened, at: pickle.fileOffset + Int(place.offset),
      message, remedy: remedy)
  }
}
