/// A tensor name with its numbers taken out: `model.layers.` 3 `mlp.experts.{}.w1.weight` [7].
///
/// A number is a run of digits between separators. The first one counts a stack of layers; those
/// behind it count what a layer has several of, such as experts.
struct NumberedName: Hashable {
  /// What stands before the first number, with its separator; nil for a name without a number.
  let stack: String?
  /// The first number.
  let index: Int
  /// What follows the first number, with `{}` for each further one; the whole name if there is no
  /// number.
  let rest: String
  /// The further numbers.
  let innerIndices: [Int]

  /// - Complexity: O(*n*) in the name's bytes.
  init(_ name: String) {
    let bytes = Array(name.utf8)
    var numbers = Self.numbers(in: bytes, separators: [UInt8(ascii: "."), UInt8(ascii: "/")])
    if numbers.isEmpty { numbers = Self.numbers(in: bytes, separators: [UInt8(ascii: "_")]) }
    guard let first = numbers.first else {
      (stack, index, rest, innerIndices) = (nil, 0, name, [])
      return
    }
    stack = String(decoding: bytes[..<first.range.lowerBound], as: UTF8.self)
    index = first.value
    var rest: [UInt8] = []
    // The separator behind the first number says nothing.
    var position = min(first.range.upperBound + 1, bytes.count)
    for number in numbers.dropFirst() {
      rest += bytes[position..<number.range.lowerBound] + [UInt8(ascii: "{"), UInt8(ascii: "}")]
      position = number.range.upperBound
    }
    rest += bytes[position...]
    self.rest = String(decoding: rest, as: UTF8.self)
    innerIndices = numbers.dropFirst().map(\.value)
  }

  private struct Number {
    let range: Range<Int>
    let value: Int
  }

  /// The numbers between separators. One with a leading zero, or of more than nine digits, is part
  /// of a name.
  private static func numbers(in bytes: [UInt8], separators: [UInt8]) -> [Number] {
    var numbers: [Number] = []
    var start = 0
    var value: Int? = 0
    for position in 0...bytes.count {
      let isEnd = position == bytes.count || separators.contains(bytes[position])
      if isEnd {
        let count = position - start
        let hasLeadingZero = count > 1 && bytes[start] == UInt8(ascii: "0")
        if let value, (1...9).contains(count), !hasLeadingZero {
          numbers.append(Number(range: start..<position, value: value))
        }
        start = position + 1
        value = 0
      } else if let old = value {
        let digit = Int(bytes[position]) - Int(UInt8(ascii: "0"))
        value = (0...9).contains(digit) && old < 1_000_000_000 ? old * 10 + digit : nil
      }
    }
    return numbers
  }

  /// A ``rest`` with texts in the places of its numbers.
  static func filling(_ rest: String, with texts: [String]) -> String {
    var texts = texts[...]
    var result = ""
    var isOpen = false
    for character in rest {
      if isOpen, character == "}" {
        result += (texts.popFirst() ?? "") + "}"
      } else {
        result.append(character)
      }
      isOpen = character == "{"
    }
    return result
  }
}
