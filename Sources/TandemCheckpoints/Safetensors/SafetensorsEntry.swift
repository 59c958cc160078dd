import TandemTensors

/// What a header says of one tensor whose place in the data is known.
struct SafetensorsEntry {
  let name: String
  /// The place of the name in the file.
  let nameOffset: Int
  /// Nil if the header names no known type.
  let type: ElementType?
  /// Nil if the header has no usable shape.
  let shape: Shape?
  /// The first byte, counted from the beginning of the data.
  let begin: UInt64
  /// The byte behind the last one; not before ``begin``.
  let end: UInt64
}

/// The fields of an entry, which may come in any order.
struct SafetensorsFields {
  /// A set of fields; raw values are bits.
  struct Names: OptionSet {
    let rawValue: UInt8
    static let dtype = Names(rawValue: 1)
    static let shape = Names(rawValue: 2)
    static let dataOffsets = Names(rawValue: 4)
    static let all: Names = [.dtype, .shape, .dataOffsets]

    /// The fields that are not in the set, as text for a message.
    var missing: [String] {
      [(Names.dtype, "dtype"), (.shape, "shape"), (.dataOffsets, "data_offsets")]
        .compactMap { contains($0.0) ? nil : $0.1 }
    }
  }

  var found: Names = []
  /// Nil if it is missing or unknown.
  var type: ElementType?
  /// Nil if it is missing or wrong.
  var shape: SafetensorsShape?
  /// Nil if they are missing or wrong.
  var range: (begin: UInt64, end: UInt64)?
}

/// A shape as the header has it.
enum SafetensorsShape {
  case fits(Shape)
  /// A dimension is over 2^63-1.
  case tooLarge(dimension: UInt64)

  var shape: Shape? {
    if case .fits(let shape) = self { shape } else { nil }
  }
}
