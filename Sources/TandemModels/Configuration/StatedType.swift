import TandemBytes
import TandemJSON
public import TandemTensors

/// The element type that a `config.json` states for its tensors.
public enum StatedType {
  /// A configuration that states another type: the same text but for that value, wherever the
  /// model or a part of it (`text_config`, `vision_config`) states one.
  ///
  /// - Parameter text: The text of a `config.json`.
  /// - Returns: nil if nothing changes: the text states no type or this one, is no JSON, or torch
  ///   loads no models in the type.
  /// - Complexity: O(*n*) in the text's bytes.
  public static func restated(_ text: RawSpan, as type: ElementType) -> [UInt8]? {
    guard let name = type.torchName else { return nil }
    var json = JSONReader(text, allowsNonFinite: true)
    var stated: [Range<Int>] = []
    do throws(JSONFailure) {
      try find(in: &json, &stated)
      try json.end()
    } catch { return nil }
    var result: [UInt8] = []
    var end = 0
    for range in stated {
      result += text.extracting(end..<range.lowerBound).array + Array(name.utf8)
      end = range.upperBound
    }
    result += text.extracting(end...).array
    return result == text.array ? nil : result
  }

  /// Moves over an object and finds the places of the names of types.
  private static func find(
    in json: inout JSONReader, _ stated: inout [Range<Int>]
  ) throws(JSONFailure) {
    try json.beginObject()
    while let key = try json.nextKey() {
      let kind = try json.peek()
      if kind == .string, SourceKey.storedType.huggingFace.contains(key) {
        let start = json.offset + 1
        let value = try json.string()
        let end = json.offset - 1
        let name = value.dropping(prefix: "torch.") ?? value
        // A name written with escapes stays; no library writes one.
        guard ElementType(torchName: name) != nil, value.utf8.count == end - start else { continue }
        stated.append(end - name.utf8.count..<end)
      } else if kind == .object, key.hasSuffix("_config"), key != "quantization_config" {
        try find(in: &json, &stated)
      } else {
        try json.skipValue()
      }
    }
  }
}

extension ElementType {
  /// The types that models of transformers are loaded in.
  private static let ofTorch: [ElementType] = [.f16, .bf16, .f32, .f64]

  /// torch's name of a type that models are loaded in; nil for other types.
  var torchName: String? {
    switch self {
    case .f16: "float16"
    case .bf16: "bfloat16"
    case .f32: "float32"
    case .f64: "float64"
    default: nil
    }
  }

  /// The type with a name of torch's; nil for types that models are not loaded in.
  init?(torchName: String) {
    guard let type = Self.ofTorch.first(where: { $0.torchName == torchName }) else { return nil }
    self = type
  }

  /// The type that most bytes have, nil without tensors.
  public static func prevailing(
    _ tensors: some Sequence<(type: ElementType, byteCount: Int)>
  ) -> ElementType? {
    var counts: [ElementType: Int] = [:]
    for tensor in tensors { counts[tensor.type, default: 0] += tensor.byteCount }
    return counts.max { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }?.key
  }
}
