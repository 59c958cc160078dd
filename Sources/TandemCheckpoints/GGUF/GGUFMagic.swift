internal import TandemBytes

/// The first four bytes of GGUF files and of the formats that came before it.
enum GGUFMagic {
  static func isGGUF(_ bytes: RawSpan) -> Bool { text(bytes) == "GGUF" }

  /// Which relative of GGUF the bytes begin like.
  static func relative(_ bytes: RawSpan) -> String? {
    guard let text = text(bytes) else { return nil }
    if text == "FUGG" { return "a big-endian GGUF" }
    // The older formats wrote the magic as a number, so that its letters stand back to front.
    for spelling in [text, String(text.reversed())] {
      let name = spelling.uppercased()
      if ["GGML", "GGMF", "GGJT", "GGLA"].contains(name) { return "\(name), an older format" }
    }
    return nil
  }

  /// The first four bytes, such as `47 47 55 46`.
  static func hexadecimal(_ bytes: RawSpan) -> String {
    (0..<min(4, bytes.byteCount)).map {
      TandemCheckpoints.hexadecimal(bytes.byte(at: $0), digits: 2)
    }.joined(separator: " ")
  }

  private static func text(_ bytes: RawSpan) -> String? {
    bytes.byteCount >= 4 ? bytes.extracting(0..<4).utf8Text : nil
  }
}
