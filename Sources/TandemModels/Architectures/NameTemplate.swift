/// A tensor name with its layer number taken out: `model.layers.{}.mlp.up_proj.weight` and 3.
///
/// The layer number is the first part between dots that consists of digits.
public struct NameTemplate: Hashable, Sendable {
  /// The name with `{}` in the number's place; the whole name if it has none.
  public let text: String
  public let layer: Int?

  public init(_ name: String) {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() where Self.isNumber(part) {
      var parts = parts
      parts[index] = "{}"
      text = parts.joined(separator: ".")
      layer = Int(part)
      return
    }
    text = name
    layer = nil
  }

  private static func isNumber(_ part: Substring) -> Bool {
    (1...9).contains(part.utf8.count) && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
      && (part == "0" || !part.hasPrefix("0"))
  }

  /// The name that a template has with a number, or any other text, in the layer's place.
  public static func fill(_ template: String, with layer: some CustomStringConvertible) -> String {
    template.split(separator: ".", omittingEmptySubsequences: false)
      .map { $0 == "{}" ? Substring(layer.description) : $0 }
      .joined(separator: ".")
  }
}
