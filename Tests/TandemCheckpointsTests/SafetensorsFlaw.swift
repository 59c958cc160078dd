import Testing

/// A change of the good file, and what is said of it.
struct SafetensorsFlaw: CustomTestStringConvertible {
  let what: String
  let file: SafetensorsBytes
  let messages: [String]

  var testDescription: String { what }

  /// Changes one place of the header.
  init(_ what: String, _ old: String, _ new: String, _ messages: String...) {
    self.what = what
    self.file = SafetensorsBytes.good.replacing(old, with: new)
    self.messages = messages
  }

  /// Changes anything.
  init(_ what: String, _ messages: String..., change: (inout SafetensorsBytes) -> Void) {
    self.what = what
    var file = SafetensorsBytes.good
    change(&file)
    self.file = file
    self.messages = messages
  }

  /// A file of its own.
  init(_ what: String, header: String, data: [UInt8] = [], _ messages: String...) {
    self.what = what
    self.file = SafetensorsBytes(header: header, data: data)
    self.messages = messages
  }
}
