import TandemBytes
import TandemJSON
import TandemTensors

/// The JSON header of one safetensors file, read straight into entries without a tree.
///
/// Whatever is wrong with one entry is noted, and the next one is read; only a text that is no JSON
/// ends the reading.
struct SafetensorsHeader {
  /// The number of bytes before the header: its length.
  static let prefixByteCount = 8
  /// The key that names no tensor.
  static let metadataName = "__metadata__"
  /// The largest number of dimensions.
  static let rankLimit = 64

  /// The tensors whose place is known, in the order of the header.
  var entries: [SafetensorsEntry] = []
  /// Whether the place of a tensor is not known, so that other tensors' distances mean nothing.
  var hasUnknownRange = false
  /// The names of all tensors, also of those whose entries are wrong.
  var names = KeyMarks()
  var metadataKeys = KeyMarks()
  /// The type that was read last: most tensors have the same as the one before.
  var lastType: (name: String, type: ElementType)?
  /// The pairs of `__metadata__`, nil if there is none.
  var metadata: [SafetensorsMetadata.Pair]?
  var hasMetadata = false
  /// The place of the data in the file, 0 until it is known.
  var dataStart = 0
  var findings = Findings()
  /// The path of the file, for findings.
  let file: String

  init(file: String) { self.file = file }

  /// Reads the header's one object.
  ///
  /// - Throws: ``JSONFailure`` of kind `.syntax` where the text is no JSON.
  /// - Complexity: O(*n*) in the number of bytes, in memory too.
  mutating func read(_ json: inout JSONReader) throws(JSONFailure) {
    try json.beginObject()
    while let name = try json.nextKey() {
      if name == Self.metadataName {
        try readMetadata(&json)
      } else {
        let offset = json.keyOffset
        checkName(name, at: offset)
        try readEntry(name, at: offset, &json)
      }
    }
  }

  /// Notes a finding on a tensor, or on the metadata, at an offset in the header.
  mutating func report(
    _ rule: SafetensorsRule, _ item: @autoclosure () -> String?, at offset: Int,
    _ message: @autoclosure () -> String, remedy: String? = nil
  ) {
    findings.add(rule) {
      Finding(
        rule, in: file, item: item()?.shortened, at: Self.prefixByteCount + offset, message(),
        remedy: remedy)
    }
  }
}

extension String {
  /// The text for a message: a name from a file may be megabytes long.
  var shortened: String {
    let start = unicodeScalars.prefix(100)
    return start.endIndex == unicodeScalars.endIndex ? self : String(start) + "…"
  }
}
